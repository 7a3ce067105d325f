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

    /// <summary>The policy in force and the next, or null if the class was never founded.</summary>
    [Alias("GetPolicies")]
    ValueTask<ClassPolicies?> GetPolicies();

    /// <summary>
    /// Replaces the policy: at the next slice boundary, or at the next epoch if the bill's formula uses what changed.
    /// </summary>
    /// <param name="basedOnVersion">The newest version that the caller has seen.</param>
    [Alias("SetPolicy")]
    Task<PolicyAnswer> SetPolicy(int basedOnVersion, ClassPolicy policy);
}

/// <summary>The policy in force and the one that follows it.</summary>
/// <param name="Current">In force.</param>
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

    /// <summary>The newest version, in force or not.</summary>
    public ClassPolicy Newest => Next ?? Current;
}

/// <summary>What became of a change of policy.</summary>
public enum PolicyOutcome : byte
{
    None = 0,
    ClassUnknown = 1,

    /// <summary>The policy is not valid.</summary>
    Invalid = 2,

    /// <summary>Somebody else changed the policy in between.</summary>
    VersionConflict = 3,

    /// <summary>The change cannot be made to a class with members' windows in it.</summary>
    NotChangeable = 4,
    Accepted = 5,
}

/// <summary>The answer to a change of policy.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Policies">The policies afterwards; null if the class is unknown.</param>
/// <param name="Reason">For refusals: what was wrong and what to do.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.PolicyAnswer")]
public sealed record PolicyAnswer(
    [property: Id(0)] PolicyOutcome Outcome,
    [property: Id(1)] ClassPolicies? Policies,
    [property: Id(2)] string Reason = "");
