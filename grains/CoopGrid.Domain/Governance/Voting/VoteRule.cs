using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// What wins a vote (SPEC.md §11), on integers.
/// <list type="number">
/// <item>Quorum: <c>For + Abstain ≥ ⌈electorate · quorum‰ / 1000⌉</c>, compared as <c>(For + Abstain) · 1000 ≥ electorate · quorum‰</c>, which is the same
/// and exact. Votes against count for no quorum, so that voting against can never help a proposal.</item>
/// <item>Majority: <c>For &gt; Against</c>; a tie is lost.</item>
/// <item>A vote passes with both. One without votes never passes, whatever the electorate.</item>
/// <item>The vote runs in <c>[start, end)</c>. If the quorum is reached at t, once, the end becomes <c>max(end, t + extension)</c>: later only if t is
/// within the extension before the end. A quorum stays reached, so the end moves at most once, and by at most the extension.</item>
/// </list>
/// </summary>
public static class VoteRule
{
    /// <summary>Rule 1.</summary>
    /// <param name="electorate">Members at the vote's start, ≥ 0.</param>
    public static bool HasQuorum(VoteTally tally, long electorate, int quorumPermille) =>
        (Int128)(tally.For + tally.Abstain) * 1000 >= (Int128)electorate * quorumPermille;

    /// <summary>Rules 2 and 3.</summary>
    /// <inheritdoc cref="HasQuorum"/>
    public static bool Passes(VoteTally tally, long electorate, int quorumPermille) =>
        tally.For > tally.Against && HasQuorum(tally, electorate, quorumPermille);

    /// <summary>Rule 4: the end of a vote whose quorum was reached at <paramref name="reached"/>.</summary>
    public static Instant EndAfterQuorum(Instant end, Instant reached, GovernancePolicy governance) =>
        Instant.Max(end, reached.PlusMs(governance.LateQuorumExtensionMs));
}
