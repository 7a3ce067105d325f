using CoopGrid.Domain.Governance;
using Xunit;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>Folds a proposal's entries again, over a snapshot at every place.</summary>
internal static class Replays
{
    public static void AssertSameFromAnyPrefix(Proposal proposal, IReadOnlyList<ProposalEntry> entries)
    {
        string expected = Shown(proposal);
        for (int prefix = 0; prefix <= entries.Count; prefix++)
        {
            Proposal first = new(proposal.Id);
            foreach (ProposalEntry entry in entries.Take(prefix)) first.Apply(entry);
            Proposal second = Proposal.Restore(first.Snapshot());
            Assert.Equal(Shown(first), Shown(second));
            foreach (ProposalEntry entry in entries.Skip(prefix)) second.Apply(entry);
            Assert.Equal(expected, Shown(second));
        }
    }

    /// <summary>Everything that can be asked, as text: records with lists are equal by reference only.</summary>
    private static string Shown(Proposal proposal) => string.Join(
        '\n',
        [
            proposal.Id, proposal.Sequence, proposal.LastAt, proposal.End, proposal.QuorumAt, proposal.Electorate, proposal.Tally, proposal.ExecutableFrom,
            proposal.Exists ? (proposal.Made.By, proposal.Made.Draft, proposal.Start, proposal.Governance) : "none",
            proposal.Cancelled, proposal.Queued, proposal.Executed, proposal.Effect,
            string.Join(' ', proposal.Snapshot().Votes),
            string.Join(' ', Enumerable.Range(0, 60).Select(day => proposal.StateAt(ProposalScene.At(day * 24L)))),
        ]);
}
