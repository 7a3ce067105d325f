using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Silo.Grpc;

/// <summary>The doors' way to member grains.</summary>
/// <remarks>
/// The grain factory looks an interface's attributes up by reflection at every call, which was a twelfth of an admission's processor
/// time; here it does so once.
/// </remarks>
internal sealed class MemberGrains(IGrainFactory grains)
{
    private static readonly GrainType Type = GrainType.Create(GrainStates.Member);

    private readonly GrainInterfaceType _interface = ((GrainReference)grains.GetGrain<IMemberGrain>("/")).InterfaceType;

    public IMemberGrain Of(MemberId member) => (IMemberGrain)grains.GetGrain(GrainId.Create(Type, member.ToString()), _interface);
}
