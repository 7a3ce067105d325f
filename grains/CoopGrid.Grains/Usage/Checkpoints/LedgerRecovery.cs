using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;
using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// Brings back, before anything is served, what sealed predecessors committed and no checkpoint holds (L3): each entry goes into its
/// member's account once, by its sequence.
/// </summary>
internal sealed partial class LedgerRecovery(
    ILedgerStore ledger, ClaimTable claims, Retention retention, ILogger<LedgerRecovery> logger)
{
    private const int ReadAtOnce = 256;

    /// <summary>Replays all predecessors, in the order of their numbers.</summary>
    /// <exception cref="LedgerCorruptException">A segment is damaged, or a member's checkpoint is beyond the log.</exception>
    public async Task ReplayAsync(CancellationToken cancellation)
    {
        foreach (ProducerRow producer in await ledger.ListProducersAsync(cancellation))
        {
            if (producer.State == ProducerState.Sealed) await Replay(producer, cancellation);
        }
    }

    private async Task Replay(ProducerRow producer, CancellationToken cancellation)
    {
        long entries = 0;
        for (long after = producer.FirstKept - 1; after < producer.Position;)
        {
            foreach (SegmentRow row in await ledger.ReadAsync(producer.Producer, after, ReadAtOnce, cancellation))
            {
                SegmentReader segment = SegmentReader.Read(row);
                foreach (ClassDelta delta in segment.Deltas) retention.Touched(delta.Class, producer.Producer, row.Position);
                foreach (LedgerEntry entry in segment.Entries)
                {
                    var at = new LedgerPosition(row.Producer, row.Position);
                    if (await claims.ReplayAsync(entry.Member, MemberEntryCodec.Decode(entry.Bytes.Span), at)) entries++;
                }

                after = row.Position;
            }
        }

        claims.EvictIdle();
        LogReplayed(producer.Producer, producer.Position - producer.FirstKept + 1, entries, claims.Count);
    }

    [LoggerMessage(LogLevel.Information, "Replayed producer {Producer}: {Segments} segments, {Entries} entries that no checkpoint held; {Members} members in memory.")]
    private partial void LogReplayed(long producer, long segments, long entries, int members);
}
