using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Governance;
using CoopGrid.Model;

namespace CoopGrid.Grains.Tests.Silo;

/// <summary>Books of proposals that one member made, voted for and executed, all at one moment: for tests that are about what follows.</summary>
internal static class ExecutedProposal
{
    /// <summary>Another policy for a class, with its version, from a slice on.</summary>
    public static ClassPolicyEffect Of(Disk disk, Instant at, string inClass, ClassPolicy policy, long fromSlice) =>
        (ClassPolicyEffect)Write(disk, at, new ClassPolicyChange(inClass, policy.Version - 1, policy), policy.Version, fromSlice);

    /// <summary>Other governance numbers, with their version.</summary>
    public static GovernanceEffect Of(Disk disk, Instant at, GovernancePolicy numbers) =>
        (GovernanceEffect)Write(disk, at, new GovernanceChange(numbers.Version - 1, numbers), numbers.Version, 0);

    private static ProposalEffect Write(Disk disk, Instant at, ProposedChange change, int version, long fromSlice)
    {
        var proposal = new Proposal($"p-{version}");
        ProposalEntry[] entries =
        [
            new ProposalMade(1, at, "m0", new("A change", "It is a test's.", change), [], new()),
            new ElectorateCounted(2, at, 1),
            new VoteCast(3, at, "m0", VoteChoice.For),
            new ProposalQueued(4, at, "m0"),
            new ProposalExecuted(5, at, "m0", version, fromSlice),
        ];
        foreach (ProposalEntry entry in entries) proposal.Apply(entry);
        lock (disk.Lock) disk.Books[ProposalBooks.Of(new(GridSilo.Coop, proposal.Id))] = [.. entries.Select(ProposalEntryJson.Write)];
        return proposal.Effect!;
    }
}
