using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Ledger;

namespace CoopGrid.Grains.Governance;

/// <summary>
/// A co-op's book of emergency actions as far as it was read. Entries are only ever added, so a look reads what is new. One reader at a time.
/// </summary>
internal sealed class EmergencyReader(IEntryBooks books, string coop)
{
    /// <summary>The book's kind. Stored: it never changes.</summary>
    public const string Kind = "emergency";

    private const int ReadAtOnce = 1000;

    /// <summary>All actions of a co-op are one book.</summary>
    public BookId Id { get; } = new(coop, Kind, "actions");

    public EmergencyBook Book { get; } = new();

    /// <summary>How many entries were read.</summary>
    public long Sequence { get; private set; }

    /// <summary>Reads what was added.</summary>
    public async Task ReadAsync(CancellationToken cancellation)
    {
        IReadOnlyList<byte[]> entries;
        do
        {
            entries = await books.ReadAsync(Id, Sequence, ReadAtOnce, cancellation);
            foreach (byte[] entry in entries) Apply(EmergencyEntryJson.Read(entry));
        }
        while (entries.Count == ReadAtOnce);
    }

    /// <summary>Appends an entry, and only then lets it count; false if somebody else has appended.</summary>
    public async Task<bool> AppendAsync(EmergencyEntry entry)
    {
        if (!await books.AppendAsync(Id, Sequence, [EmergencyEntryJson.Write(entry)], CancellationToken.None)) return false;
        Apply(entry);
        return true;
    }

    private void Apply(EmergencyEntry entry)
    {
        Book.Apply(entry);
        Sequence++;
    }
}
