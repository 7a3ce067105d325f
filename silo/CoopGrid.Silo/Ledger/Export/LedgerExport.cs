using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;

namespace CoopGrid.Silo.Ledger.Export;

/// <summary>
/// Writes all entries of a co-op as lines of JSON, sorted by member and number. What is written is the log at one moment: what is committed after its producers
/// were listed is not in it, and since a member is appended elsewhere only after all before is committed, every member's entries are there from the first to some
/// last one.
/// </summary>
internal sealed class LedgerExport(ILedgerStore ledger, ILedgerArchive archive)
{
    private const int ReadAtOnce = 32;

    /// <summary>Some 300 MB.</summary>
    private const int InMemory = 1_000_000;

    /// <param name="coop">Whose.</param>
    /// <param name="lines">Where the lines go.</param>
    /// <param name="scratch">A folder for what does not fit into memory.</param>
    /// <exception cref="LedgerCorruptException">A segment is damaged.</exception>
    public async Task<ExportSummary> WriteAsync(string coop, TextWriter lines, string scratch, CancellationToken cancellation, int inMemory = InMemory)
    {
        using var sorted = new SortedEntries(scratch, inMemory);
        var summary = new ExportSummary();
        foreach (ProducerRow producer in await ledger.ListProducersAsync(cancellation)) summary = await ReadAsync(producer, coop, sorted, summary, cancellation);

        string? last = null;
        long expected = 1;
        foreach (LoggedEntry entry in sorted.InOrder())
        {
            if (entry.Member != last) (last, expected, summary) = (entry.Member, 1, summary with { Members = summary.Members + 1 });
            if (entry.Sequence > expected) summary = summary with { Gaps = summary.Gaps + 1 };
            if (entry.Sequence < expected) summary = summary with { Twice = summary.Twice + 1 };
            expected = entry.Sequence + 1;
            await lines.WriteAsync(MemberEntryJson.Write(new(coop, entry.Member), MemberEntryCodec.Decode(entry.Bytes.Span)));
            await lines.WriteAsync('\n');
            summary = summary with { Entries = summary.Entries + 1 };
        }

        return summary;
    }

    private async Task<ExportSummary> ReadAsync(ProducerRow producer, string coop, SortedEntries sorted, ExportSummary summary, CancellationToken cancellation)
    {
        long read = 0;
        for (long after = 0; after < producer.Position;)
        {
            IReadOnlyList<SegmentRow> rows = await archive.ReadKeptAsync(producer.Producer, after, ReadAtOnce, cancellation);
            if (rows.Count == 0) break;
            foreach (SegmentRow row in rows)
            {
                after = row.Position;
                if (row.Position > producer.Position) break;
                read++;
                foreach (LedgerEntry entry in SegmentReader.Read(row).Entries)
                {
                    // A copy, or each entry would keep the whole segment.
                    if (entry.Member.Coop == coop)
                        sorted.Add(new(string.Intern(entry.Member.Member), MemberEntryCodec.Head(entry.Bytes.Span).Sequence, entry.Bytes.ToArray()));
                }
            }
        }

        return summary with { Segments = summary.Segments + read, DeletedSegments = summary.DeletedSegments + producer.Position - read };
    }
}

/// <summary>What was exported.</summary>
/// <param name="Members">Whose entries.</param>
/// <param name="Entries">Lines.</param>
/// <param name="Segments">Segments that were read, of all co-ops.</param>
/// <param name="DeletedSegments">Segments that are no longer there.</param>
/// <param name="Gaps">How many times entries of a member were missing because of that.</param>
/// <param name="Twice">Entries that stand in the log twice, which never is.</param>
internal readonly record struct ExportSummary(long Members, long Entries, long Segments, long DeletedSegments, long Gaps, long Twice)
{
    /// <summary>Whether it is all that was ever committed.</summary>
    public bool IsComplete => DeletedSegments == 0 && Gaps == 0 && Twice == 0;
}
