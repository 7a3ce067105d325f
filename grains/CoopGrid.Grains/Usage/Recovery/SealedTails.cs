using System.Collections.Concurrent;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// What sealed producers committed and some checkpoint may lack, by member. Each log is read once, whoever asks first, and kept until
/// the producer is drained: so however many members a dead silo had, its log is read once by each survivor.
/// </summary>
internal sealed partial class SealedTails(ILedgerStore ledger, Retention retention, ILogger<SealedTails> logger)
{
    private const int ReadAtOnce = 256;

    private readonly ConcurrentDictionary<long, Lazy<Task<SealedTail>>> _tails = new();

    /// <summary>The tails of all producers that are sealed now and not drained, by number.</summary>
    /// <exception cref="LedgerCorruptException">A segment is damaged.</exception>
    public async Task<IReadOnlyList<SealedTail>> RefreshAsync(CancellationToken cancellation)
    {
        List<SealedTail> tails = [];
        IReadOnlyList<ProducerRow> producers = await ledger.ListProducersAsync(cancellation);
        Forget(producers);
        foreach (ProducerRow producer in producers)
        {
            if (producer.State == ProducerState.Sealed) tails.Add(await Loaded(producer));
        }

        return tails;
    }

    /// <summary>Lets go of those that are drained.</summary>
    public void Forget(IReadOnlyList<ProducerRow> producers)
    {
        if (_tails.IsEmpty) return;
        foreach (ProducerRow producer in producers)
        {
            if (producer.State == ProducerState.Drained) _tails.TryRemove(producer.Producer, out _);
        }
    }

    private async Task<SealedTail> Loaded(ProducerRow producer)
    {
        Lazy<Task<SealedTail>> load = _tails.GetOrAdd(producer.Producer, _ => new(() => Load(producer)));
        try
        {
            return await load.Value;
        }
        catch
        {
            _tails.TryRemove(new(producer.Producer, load));
            throw;
        }
    }

    private async Task<SealedTail> Load(ProducerRow producer)
    {
        var tail = new SealedTail(producer.Producer, producer.Position);
        for (long after = producer.FirstKept - 1; after < producer.Position;)
        {
            try
            {
                foreach (SegmentRow row in await ledger.ReadAsync(producer.Producer, after, ReadAtOnce, CancellationToken.None))
                {
                    SegmentReader segment = SegmentReader.Read(row);
                    foreach (ClassDelta delta in segment.Deltas) retention.Touched(delta.Class, producer.Producer, row.Position);
                    tail.Add(row.Position, segment.Entries);
                    after = row.Position;
                }
            }
            catch (LedgerGapException gap)
            {
                // Deleted since we looked, so every checkpoint is beyond it, and checkpoints are read after this.
                after = gap.FirstKept - 1;
            }
        }

        LogRead(producer.Producer, producer.Position - producer.FirstKept + 1, tail.Members.Count);
        return tail;
    }

    [LoggerMessage(LogLevel.Information, "Producer {Producer} is sealed: read {Segments} segments with entries of {Members} members.")]
    private partial void LogRead(long producer, long segments, int members);
}

/// <summary>A sealed producer's entries that are not deleted, by member.</summary>
/// <param name="producer">Whose.</param>
/// <param name="position">The log's end.</param>
internal sealed class SealedTail(long producer, long position)
{
    private readonly Dictionary<MemberId, List<TailEntry>> _entries = [];

    public long Producer { get; } = producer;

    /// <summary>The log's last position.</summary>
    public long Position { get; } = position;

    /// <summary>Whose entries it holds.</summary>
    public IReadOnlyCollection<MemberId> Members => _entries.Keys;

    /// <summary>A member's entries, in their order.</summary>
    public IReadOnlyList<TailEntry> Of(MemberId member) => _entries.GetValueOrDefault(member) ?? [];

    /// <summary>The number of a member's last entry here; 0 if it has none.</summary>
    public long LastSequenceOf(MemberId member) =>
        Of(member) is [.., var last] ? MemberEntryCodec.Decode(last.Bytes.Span).Sequence : 0;

    internal void Add(long at, IReadOnlyList<LedgerEntry> entries)
    {
        foreach (LedgerEntry entry in entries)
        {
            if (!_entries.TryGetValue(entry.Member, out List<TailEntry>? all)) _entries[entry.Member] = all = [];
            all.Add(new(new(Producer, at), entry.Bytes));
        }
    }
}

/// <summary>One entry of a tail and where it is.</summary>
internal readonly record struct TailEntry(LedgerPosition At, ReadOnlyMemory<byte> Bytes);
