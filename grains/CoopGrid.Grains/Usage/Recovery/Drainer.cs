using System.Diagnostics.CodeAnalysis;
using CoopGrid.Grains.Hosting;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// Drains sealed producers in the background (L6). Every silo brings in the members that nobody holds and that belong to it, so that they are checkpointed where they are
/// asked for. The one with the lowest open producer brings in what others leave for long, waits for those that are held elsewhere and for the classes, and has the log
/// deleted. Should two think that a member, or the lead, is theirs: each member is still taken by one claim, so they only share the work.
/// </summary>
internal sealed partial class Drainer(
    ILedgerStore ledger,
    IClaimStore store,
    ICheckpointStore flush,
    SealedTails tails,
    ClaimTable claims,
    CheckpointStore checkpoints,
    DirtyQueue dirty,
    Retention retention,
    LedgerWriter own,
    ISiloMembership membership,
    GridClock clock,
    IOptions<CheckpointOptions> options,
    ILogger<Drainer> logger) : BackgroundService
{
    private const int ReadAtOnce = 256;

    /// <summary>Members brought in and not yet checkpointed: more are waited for, or a large tail would fill the memory.</summary>
    private const int MostUnsaved = 2048;

    /// <summary>For how many times as long as it worked it rests while others wait for members: they are served first, and it gets on all the same.</summary>
    private const int RestsFor = 3;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookForRoomEvery = TimeSpan.FromMilliseconds(50);

    // Another silo may see another cluster, or be about to die.
    private static readonly TimeSpan LeftForLong = TimeSpan.FromSeconds(10);

    private readonly Dictionary<long, Left> _left = [];

    /// <summary>Goes once through all that is left for this silo to do.</summary>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        IReadOnlyList<ProducerRow> producers = await ledger.ListProducersAsync(cancellation);
        tails.Forget(producers);
        HashSet<long> open = [.. producers.Where(producer => producer.State == ProducerState.Open).Select(producer => producer.Producer)];
        if (producers.All(producer => producer.State != ProducerState.Sealed) || !open.Contains(own.Producer)) return;
        bool leads = open.Min() == own.Producer;
        open.Remove(own.Producer);
        IReadOnlyList<SealedTail> left = await tails.RefreshAsync(cancellation);
        foreach (long drained in _left.Keys.Except(left.Select(tail => tail.Producer)).ToList()) _left.Remove(drained);
        foreach (SealedTail tail in left) await Drain(tail, open, leads, cancellation);
    }

    [SuppressMessage("Design", "CA1031", Justification = "A store that fails is asked again; what is not drained stays in the log.")]
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, clock.Time);
        do
        {
            try
            {
                await DrainAsync(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(failure);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task Drain(SealedTail tail, HashSet<long> open, bool leads, CancellationToken cancellation)
    {
        if (!_left.TryGetValue(tail.Producer, out Left? left) || left.IsAll != leads)
            _left[tail.Producer] = left = new(leads ? tail.Members : tail.Members.Where(membership.IsHome), leads, clock.Read().Micros);
        if (!left.IsRecovered) await Recover(tail, left, open, cancellation);
        if (!leads || !left.IsRecovered || !retention.ClassesAreBeyond(tail.Producer)) return;
        await flush.FlushAsync(cancellation);
        await ledger.MarkDrainedAsync(tail.Producer, cancellation);
        await ledger.DeleteAsync(tail.Producer, tail.Position, cancellation);
        retention.Forget(tail.Producer);
        _left.Remove(tail.Producer);
        LogDrained(tail.Producer);
    }

    private async Task Recover(SealedTail tail, Left left, HashSet<long> open, CancellationToken cancellation)
    {
        // A member that an open producer holds is checkpointed there; whether it is, costs a read for each.
        long began = clock.Read().Micros;
        bool all = left.Elsewhere.IsDue(began), late = began - left.SinceMicros > LeftForLong.TotalMicroseconds;
        bool IsDue(ClaimRow row) => open.Contains(row.Producer) ? all : row.Producer == own.Producer || late || membership.IsHome(row.Member);
        foreach (MemberId[] some in left.Members.Chunk(ReadAtOnce).ToList())
        {
            IReadOnlyList<ClaimRow> rows = await store.ReadAsync(some, cancellation);
            foreach (ClaimRow[] few in rows.Where(IsDue).Chunk(options.Value.SideBySide))
            {
                while (dirty.UrgentCount > MostUnsaved) await Task.Delay(LookForRoomEvery, clock.Time, cancellation);
                long started = clock.Read().Micros;
                long[] saved = await Task.WhenAll(few.Select(row => SavedOf(row, open)));
                if (claims.IsAwaited) await Task.Delay(TimeSpan.FromMicroseconds((clock.Read().Micros - started) * RestsFor), clock.Time, cancellation);
                for (int i = 0; i < few.Length; i++)
                {
                    if (saved[i] >= tail.LastSequenceOf(few[i].Member)) left.Members.Remove(few[i].Member);
                }
            }
        }

        if (all) left.Elsewhere.Looked(began, clock.Read().Micros);
        left.Behind ??= left.Members.Count;
        if (left.Members.Count > 0) return;
        left.IsRecovered = true;
        LogRecovered(tail.Producer, left.Behind.Value, tail.Members.Count);
    }

    /// <summary>Up to which entry the member's stored checkpoint goes, after it was brought in where that is for us to do.</summary>
    private async Task<long> SavedOf(ClaimRow row, HashSet<long> open) =>
        open.Contains(row.Producer) ? await checkpoints.SequenceOfAsync(row.Member) : await claims.RecoverAsync(row.Member);

    [LoggerMessage(LogLevel.Information, "Producer {Producer} is recovered: {Behind} of {Members} members were ahead of their checkpoints.")]
    private partial void LogRecovered(long producer, int behind, int members);

    [LoggerMessage(LogLevel.Information, "Producer {Producer} is drained: every checkpoint is beyond it.")]
    private partial void LogDrained(long producer);

    [LoggerMessage(LogLevel.Warning, "Sealed producers could not be drained; it is tried again.")]
    private partial void LogFailed(Exception failure);

    /// <summary>What is left to do for one producer.</summary>
    /// <param name="isAll">Whether these are all the tail's members, or this silo's own.</param>
    /// <param name="sinceMicros">Since when they are.</param>
    private sealed class Left(IEnumerable<MemberId> members, bool isAll, long sinceMicros)
    {
        public bool IsAll => isAll;

        public long SinceMicros => sinceMicros;

        /// <summary>Whose checkpoint is not known to hold all of the tail.</summary>
        public HashSet<MemberId> Members { get; } = [.. members];

        /// <summary>When to look again at those that others hold.</summary>
        public LookPace Elsewhere { get; } = new();

        /// <summary>How many were so at the first look.</summary>
        public int? Behind { get; set; }

        /// <summary>Whether no member is.</summary>
        public bool IsRecovered { get; set; }
    }
}
