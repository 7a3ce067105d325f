using CoopGrid.Grains.Hosting;
using CoopGrid.Grains.Usage;
using CoopGrid.Model;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace CoopGrid.Grains.Admission.Peers;

/// <summary>
/// Where a member is activated: in the silo that still has its account in memory, else in its own of all silos (<see cref="Rendezvous"/>), where the
/// <see cref="Drainer"/> brings it in when the silo that had it is dead. A silo that dies also takes with it what Orleans' directory knew of a part of the other silos'
/// members, which lose their activations. A member that came back in another silo than its account would wait until that has been written, let go and read again.
/// </summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
internal sealed class HomePlacement : PlacementStrategy
{
    public static HomePlacement Instance { get; } = new();
}

/// <inheritdoc cref="HomePlacement"/>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class HomePlacementAttribute() : PlacementAttribute(HomePlacement.Instance);

/// <inheritdoc cref="HomePlacement"/>
internal sealed class HomePlacementDirector(ClaimTable claims, IPeerMembers peers) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        SiloAddress[] silos = context.GetCompatibleSilos(target);
        MemberId member = MemberId.Parse(target.GrainIdentity.Key.ToString()!);
        SiloAddress? holder = claims.Holds(member) ? context.LocalSilo : peers.HomeOf(member);
        return Task.FromResult(holder is not null && silos.Contains(holder) ? holder : Rendezvous.Of(member, silos, silo => silo.GetConsistentHashCode()));
    }
}
