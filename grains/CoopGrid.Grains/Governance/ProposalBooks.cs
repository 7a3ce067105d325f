using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.Grains.Governance;

/// <summary>Where proposals' entries are: a book for each, by its id.</summary>
public static class ProposalBooks
{
    /// <summary>The books' kind. Stored: it never changes.</summary>
    public const string Kind = "proposal";

    private const int ReadAtOnce = 1000;

    /// <summary>A proposal's book.</summary>
    internal static BookId Of(ProposalId id) => new(id.Coop, Kind, id.Proposal);

    /// <summary>The proposal as its book has it; one without entries does not exist.</summary>
    internal static async Task<Proposal> ReadAsync(IEntryBooks books, ProposalId id, CancellationToken cancellation)
    {
        var proposal = new Proposal(id.Proposal);
        IReadOnlyList<byte[]> entries;
        do
        {
            entries = await books.ReadAsync(Of(id), proposal.Sequence, ReadAtOnce, cancellation);
            foreach (byte[] entry in entries) proposal.Apply(ProposalEntryJson.Read(entry));
        }
        while (entries.Count == ReadAtOnce);
        return proposal;
    }

    /// <summary>What members executed, read from the book of the proposal that is said to have done it: nobody's word makes a rule hold.</summary>
    /// <exception cref="InvalidOperationException">That proposal has not been executed, or has brought about something else.</exception>
    internal static async Task<T> ExecutedAsync<T>(IEntryBooks books, string coop, PolicyOrigin origin, CancellationToken cancellation)
        where T : ProposalEffect
    {
        Proposal proposal = await ReadAsync(books, new(coop, origin.Proposal), cancellation);
        return proposal.Effect is T effect && effect.Origin == origin
            ? effect
            : throw new InvalidOperationException($"No executed proposal of {coop} is the origin of {origin}.");
    }
}
