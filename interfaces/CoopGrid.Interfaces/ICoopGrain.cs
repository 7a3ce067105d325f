using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Interfaces;

/// <summary>One co-op; the key is its name.</summary>
[Alias("coopgrid.ICoopGrain")]
[GrainInterfaceType("coopgrid.coop")]
public interface ICoopGrain : IGrainWithStringKey
{
    /// <summary>
    /// Founds the co-op by its charter: classes with their policies, then members, senders and entitlements. Founding again with
    /// the same charter goes on where it was broken off; a founded co-op keeps the charter it has.
    /// </summary>
    /// <returns>Whether this charter is the co-op's.</returns>
    /// <exception cref="ArgumentException">The charter is not valid; the message names every field.</exception>
    [Alias("Found")]
    [ResponseTimeout("00:10:00")]
    Task<bool> Found(string charterJson);

    /// <summary>What the co-op is, or null if it was never founded.</summary>
    [Alias("GetProfile")]
    ValueTask<CoopProfile?> GetProfile();

    /// <summary>Every version of the governance numbers, the one in force last; empty if the co-op was never founded.</summary>
    [Alias("GetGovernance")]
    ValueTask<ImmutableArray<GovernanceVersion>> GetGovernance();

    /// <summary>
    /// Takes what an executed proposal brings about: only the proposal calls this. It is durable when it returns; again, it changes nothing.
    /// </summary>
    /// <returns>False if it is there already.</returns>
    /// <exception cref="InvalidOperationException">The version is not the next one.</exception>
    [Alias("Adopt")]
    Task<bool> Adopt(GovernanceVersion version);

    /// <summary>
    /// Gives a proposal the turn to be executed, if nobody has it. One has it at a time, since two that are based on one version must not both be executed. It is
    /// durable when it returns: a turn that a crash broke off is found, and finished before the next.
    /// </summary>
    /// <returns>Who has the turn then.</returns>
    [Alias("BeginExecution")]
    Task<ExecutionTurn> BeginExecution(ExecutionTurn turn);

    /// <summary>Gives the turn back; without effect if another proposal has it.</summary>
    [Alias("EndExecution")]
    Task EndExecution(string proposal);

    /// <summary>Who has the turn to be executed, or null. One that is there when nothing is under way was broken off.</summary>
    [Alias("GetExecution")]
    ValueTask<ExecutionTurn?> GetExecution();
}

/// <summary>An execution under way.</summary>
/// <param name="Proposal">Which proposal.</param>
/// <param name="By">Who executes it.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.ExecutionTurn")]
public sealed record ExecutionTurn([property: Id(0)] string Proposal, [property: Id(1)] string By);

/// <summary>A founded co-op.</summary>
/// <param name="Coop">Its name on the wire.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Currency">The label of its money.</param>
/// <param name="TimeZone">Its IANA time zone.</param>
/// <param name="Classes">Its customer classes.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.CoopProfile")]
public sealed record CoopProfile(
    [property: Id(0)] string Coop,
    [property: Id(1)] string Title,
    [property: Id(2)] string Currency,
    [property: Id(3)] string TimeZone,
    [property: Id(4)] ImmutableArray<string> Classes);
