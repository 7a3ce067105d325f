using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Interfaces;

/// <summary>
/// One customer class; the key is <c>coop/class</c>. It folds usage ticks into the rolling mean, runs the price, and divides the
/// class's capacity among the silos' gates. No request passes it: its work grows with silos, not with traffic.
/// </summary>
[Alias("coopgrid.IClassGrain")]
[GrainInterfaceType("coopgrid.class")]
public interface IClassGrain : IGrainWithStringKey
{
    /// <summary>Sets the founding policy; without effect once there is one.</summary>
    [Alias("Found")]
    Task Found(ClassPolicy policy, string timeZone);

    /// <summary>A gate says what it holds and what was asked of it; the answer is the class's signal.</summary>
    [Alias("Exchange")]
    ValueTask<ClassSignal> Exchange(GateReport report);

    /// <summary>The public state, or null if the class was never founded.</summary>
    [Alias("GetState")]
    ValueTask<ClassState?> GetState();

    /// <summary>
    /// The billing epochs that have begun and are kept, oldest first: those whose bills are not made, and the one before them, which bills may take their mean from.
    /// Empty if the class was never founded.
    /// </summary>
    [Alias("GetEpochs")]
    ValueTask<ImmutableArray<ClassEpochFigures>> GetEpochs();

    /// <summary>
    /// All bills of a frozen epoch are made and stored: its members' figures, and those of earlier epochs, may be let go. It is stored when this returns.
    /// </summary>
    /// <exception cref="InvalidOperationException">The epoch is not frozen.</exception>
    [Alias("EpochBilled")]
    Task EpochBilled(long number);

    /// <summary>Units of an epoch that came after their slice was closed: they are in no S, and adjustments of bills.</summary>
    [Alias("GetLateTotal")]
    ValueTask<long> GetLateTotal(long number);

    /// <summary>The policy in force and the next, or null if the class was never founded.</summary>
    [Alias("GetPolicies")]
    ValueTask<ClassPolicies?> GetPolicies();

    /// <summary>
    /// Takes what an executed proposal brings about: only the proposal calls this. It is durable when it returns; again, it changes nothing.
    /// </summary>
    /// <returns>False if it is there already.</returns>
    /// <exception cref="InvalidOperationException">The version is not the next one.</exception>
    [Alias("Adopt")]
    Task<bool> Adopt(PolicyVersion version);

    /// <summary>Every version of the policy, oldest first; empty if the class was never founded.</summary>
    [Alias("GetHistory")]
    ValueTask<ImmutableArray<PolicyVersion>> GetHistory();
}

/// <summary>
/// The policy in force and the one that follows it; for a moment after a change, the one before it and the one in force. What waits behind that is told in time.
/// </summary>
/// <param name="Current">In force until then.</param>
/// <param name="Next">In force from <paramref name="NextFromSlice"/> on, or null.</param>
/// <param name="NextFromSlice">A slice, counted from the Unix epoch.</param>
/// <param name="TimeZone">The co-op's IANA time zone.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.ClassPolicies")]
public sealed record ClassPolicies(
    [property: Id(0)] ClassPolicy Current,
    [property: Id(1)] ClassPolicy? Next,
    [property: Id(2)] long NextFromSlice,
    [property: Id(3)] string TimeZone)
{
    /// <summary>The policy in force in a slice.</summary>
    public ClassPolicy At(long slice) => Next is not null && slice >= NextFromSlice ? Next : Current;
}
