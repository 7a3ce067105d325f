using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Interfaces;

/// <summary>
/// One proposal; the key is <c>coop/proposal</c>. Its entries are in a book of the store: each call makes one decision, writes it there, and only then
/// answers. A call that fails may have been taken; every call is harmless to repeat.
/// </summary>
[Alias("coopgrid.IProposalGrain")]
[GrainInterfaceType("coopgrid.proposal")]
public interface IProposalGrain : IGrainWithStringKey
{
    /// <summary>Makes the proposal.</summary>
    [Alias("Propose")]
    Task<ProposalAnswer> Propose(ProposalDraft draft, Caller by);

    /// <summary>Takes a member's one vote. The first one counts the electorate.</summary>
    [Alias("Vote")]
    Task<ProposalAnswer> Vote(string member, VoteChoice choice);

    /// <summary>Cancels the proposal.</summary>
    /// <param name="reason">Published.</param>
    [Alias("Cancel")]
    Task<ProposalAnswer> Cancel(Caller by, string reason);

    /// <summary>Begins the timelock of a proposal that is won. Anybody may.</summary>
    [Alias("Queue")]
    Task<ProposalAnswer> Queue(string by);

    /// <summary>Executes a queued proposal after its timelock. Anybody may. What it brings about holds, and is durable, when it is answered.</summary>
    [Alias("Execute")]
    Task<ProposalAnswer> Execute(string by);

    /// <summary>
    /// Goes on with an execution that has the turn (<see cref="ICoopGrain.BeginExecution"/>) to its end, and gives the turn back: the next one who wants the turn
    /// calls this, and a silo that starts.
    /// </summary>
    /// <param name="by">As the turn says.</param>
    [Alias("Finish")]
    Task<ProposalAnswer> Finish(string by);

    /// <summary>The proposal as it stands, or null if there is none.</summary>
    [Alias("Get")]
    ValueTask<ProposalView?> Get();
}

/// <summary>Who calls.</summary>
/// <param name="Name">A member's name, or an operator's.</param>
/// <param name="IsOperator">Whether it acts with an operator's authority.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.Caller")]
public readonly record struct Caller([property: Id(0)] string Name, [property: Id(1)] bool IsOperator);

/// <summary>The answer to a call about a proposal.</summary>
/// <param name="Outcome">The first that applies.</param>
/// <param name="Reason">For refusals: what was wrong and what to do.</param>
/// <param name="Proposal">As it stands afterwards; null if there is none.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.ProposalAnswer")]
public sealed record ProposalAnswer(
    [property: Id(0)] ProposalOutcome Outcome,
    [property: Id(1)] string Reason,
    [property: Id(2)] ProposalView? Proposal);

/// <summary>A proposal as everybody may see it: who voted what is not in it.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.ProposalView")]
public sealed record ProposalView
{
    [Id(0)] public required ProposalId Id { get; init; }

    [Id(1)] public ProposalState State { get; init; }

    /// <summary>Who made it.</summary>
    [Id(2)] public string By { get; init; } = "";

    /// <summary>As it was handed in.</summary>
    [Id(3)] public required ProposalDraft Draft { get; init; }

    /// <summary>What it changes, field by field.</summary>
    [Id(4)] public ImmutableArray<FieldChange> Difference { get; init; } = [];

    /// <summary>The numbers that it runs by.</summary>
    [Id(5)] public required GovernancePolicy Governance { get; init; }

    [Id(6)] public Instant MadeAt { get; init; }

    /// <summary>The first instant of the vote.</summary>
    [Id(7)] public Instant Start { get; init; }

    /// <summary>The first instant after the vote, as far as it is known.</summary>
    [Id(8)] public Instant End { get; init; }

    /// <summary>Members at the vote's start; 0 until they are counted, at the first vote.</summary>
    [Id(9)] public long Electorate { get; init; }

    [Id(10)] public VoteTally Tally { get; init; }

    /// <summary>Whether as many have voted for it or abstained as the quorum asks for.</summary>
    [Id(11)] public bool HasQuorum { get; init; }

    /// <summary>The end of the timelock; null unless it was queued.</summary>
    [Id(12)] public Instant? ExecutableFrom { get; init; }

    /// <summary>The first instant at which it can no longer be queued, or once queued, no longer be executed.</summary>
    [Id(13)] public Instant ExpiresAt { get; init; }

    /// <summary>Null unless it was cancelled.</summary>
    [Id(14)] public Instant? CancelledAt { get; init; }

    /// <summary>Who cancelled it, and why: published.</summary>
    [Id(15)] public string CancelledBy { get; init; } = "";

    [Id(16)] public string CancelReason { get; init; } = "";

    /// <summary>Null unless it was executed.</summary>
    [Id(17)] public Instant? ExecutedAt { get; init; }

    /// <summary>The version that it made; 0 unless it was executed.</summary>
    [Id(18)] public int Version { get; init; }
}
