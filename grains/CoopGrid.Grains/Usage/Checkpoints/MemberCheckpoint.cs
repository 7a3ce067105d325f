using System.Collections.Immutable;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Metering;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// What is stored of a member: its account at one sequence, and which key blocks are stored beside it. Stored: never change the
/// meaning of a field, add new ones.
/// </summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.member.1")]
public sealed record MemberCheckpoint
{
    /// <summary>The producer and position that the last entry was committed at.</summary>
    [Id(0)] public long Producer { get; init; }

    [Id(1)] public long Position { get; init; }

    [Id(2)] public MemberStatus Status { get; init; }

    [Id(3)] public string Class { get; init; } = "";

    [Id(4)] public Instant Enrolled { get; init; }

    [Id(5)] public long Sequence { get; init; }

    [Id(6)] public long LastSlice { get; init; }

    [Id(7)] public long TotalUnits { get; init; }

    [Id(8)] public string StatusReason { get; init; } = "";

    [Id(9)] public int WindowSlices { get; init; }

    [Id(10)] public long NewestSlice { get; init; }

    [Id(11)] public ImmutableArray<SliceUsage> Usage { get; init; } = [];

    [Id(12)] public long QuotaSpentMicroUnits { get; init; }

    [Id(13)] public Instant QuotaAt { get; init; }

    [Id(14)] public ImmutableArray<string> Entitlements { get; init; } = [];

    [Id(15)] public ImmutableArray<StoredMeter> Meters { get; init; } = [];

    /// <summary>Key blocks that may still be within the dedupe window, oldest first.</summary>
    [Id(16)] public ImmutableArray<KeyBlockRef> Blocks { get; init; } = [];

    /// <summary>What was given back of remembered admissions.</summary>
    [Id(17)] public ImmutableArray<StoredReturn> Returns { get; init; } = [];

    /// <summary>The slice that the member joined in; null in a checkpoint that is older than epochs, and of one that never joined.</summary>
    [Id(18)] public long? EnrolledIn { get; init; }

    /// <summary>The slice that it left in; null if it did not.</summary>
    [Id(19)] public long? LeftIn { get; init; }

    /// <summary>The number of the first epoch whose sums are still held.</summary>
    [Id(20)] public long FirstUnbilled { get; init; }

    /// <summary>Its sums by epoch, ascending.</summary>
    [Id(21)] public ImmutableArray<StoredEpochSums> Epochs { get; init; } = [];

    /// <summary>Its bank; null in a checkpoint that is older than banks, and of one that never joined.</summary>
    [Id(22)] public StoredBank? Bank { get; init; }

    /// <summary>What is used of its reservation; null if it never had one.</summary>
    [Id(23)] public StoredReservation? Reservation { get; init; }

    /// <summary>Late units by epoch; null if there never were any.</summary>
    [Id(40)] public StoredLate? Late { get; init; }

    /// <summary>What the final bill is rated against; null unless the member left in an epoch of its class.</summary>
    [Id(41)] public StoredFinal? Final { get; init; }

    /// <summary>Its tickets for later, by number.</summary>
    [Id(100)] public ImmutableArray<StoredTicket> Tickets { get; init; } = [];

    /// <summary>Makes the stored form of an account.</summary>
    public static MemberCheckpoint From(MemberAccount account, long producer, long position, ImmutableArray<KeyBlockRef> blocks)
    {
        AccountSnapshot at = account.Snapshot();
        return new()
        {
            Producer = producer,
            Position = position,
            Status = at.Status,
            Class = at.Class,
            Enrolled = at.Enrolled,
            Sequence = at.Sequence,
            LastSlice = at.LastSlice,
            TotalUnits = at.TotalUnits,
            StatusReason = at.StatusReason,
            WindowSlices = at.WindowSlices,
            NewestSlice = at.Newest,
            Usage = [.. at.Usage.Select(slice => new SliceUsage(slice.Slice, slice.Units))],
            QuotaSpentMicroUnits = at.QuotaSpentMicroUnits,
            QuotaAt = at.QuotaAt,
            Entitlements = at.Entitlements,
            Meters = [.. at.Meters.Select(meter => new StoredMeter(meter.Meter, meter.Sequence, meter.Payload, meter.LastSlice))],
            Blocks = blocks,
            EnrolledIn = at.Epochs.EnrolledIn,
            LeftIn = at.Epochs.LeftIn,
            FirstUnbilled = at.Epochs.FirstUnbilled,
            Epochs = [.. at.Epochs.Held.Select(StoredEpochSums.From)],
            Bank = at.WindowSlices == 0 ? null : StoredBank.From(at.Bank),
            Reservation = at.Reservation == default ? null : StoredReservation.From(at.Reservation),
            Late = StoredLate.From(at.Late),
            Final = StoredFinal.From(at.Final),
            Tickets = [.. at.Tickets.Select(StoredTicket.From)],
            Returns = [.. account.Keys.GivenBack().Select(key => new StoredReturn(key.Admitted.Key, key.ReturnedUnits))],
        };
    }

    /// <summary>The account, without its keys.</summary>
    public MemberAccount ToAccount() => MemberAccount.Restore(new AccountSnapshot
    {
        Status = Status,
        Class = Class,
        Enrolled = Enrolled,
        Sequence = Sequence,
        LastSlice = LastSlice,
        TotalUnits = TotalUnits,
        StatusReason = StatusReason,
        WindowSlices = WindowSlices,
        Newest = NewestSlice,
        Usage = [.. Usage.Select(slice => new SliceUnits(slice.Slice, slice.Units))],
        QuotaSpentMicroUnits = QuotaSpentMicroUnits,
        QuotaAt = QuotaAt,
        Bank = Bank?.ToAccount() ?? BankAccount.Opened(NewestSlice + 1),
        Reservation = Reservation?.ToUse() ?? default,
        Tickets = [.. Tickets.Select(ticket => ticket.ToTicket())],
        Entitlements = Entitlements,
        Meters = [.. Meters.Select(meter => new MeterChain(meter.Meter, meter.Sequence, meter.Payload, meter.LastSlice))],
        Epochs = new()
        {
            // Who joined before epochs were counted has been there since before the first of them.
            EnrolledIn = EnrolledIn ?? (Class.Length > 0 ? long.MinValue : null),
            LeftIn = LeftIn,
            FirstUnbilled = FirstUnbilled,
            Held = [.. Epochs.Select(sums => sums.ToSums())],
        },
        Late = Late?.ToLate() ?? MemberLate.None,
        Final = Final?.ToFinal(),
    });
}

/// <summary>The head of a meter's chain.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.meter.1")]
public readonly record struct StoredMeter(
    [property: Id(0)] string Meter, [property: Id(1)] long Sequence, [property: Id(2)] ulong Payload, [property: Id(3)] long LastSlice);

/// <summary>Which block of keys, when its last key was admitted, and by whom it was written (0 in what was stored before silos were many).</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.key-block-ref.1")]
public readonly record struct KeyBlockRef(
    [property: Id(0)] long Number, [property: Id(1)] Instant Newest, [property: Id(2)] long Producer = 0)
{
    /// <summary>
    /// Under what it is stored. A silo that was taken for dead may still write: it must not write over what its successor's checkpoint names.
    /// </summary>
    public string KeyOf(MemberId member) => Producer == 0 ? $"{member}#{Number}" : $"{member}#{Producer}.{Number}";
}

/// <summary>How much of an admission was given back.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.return.1")]
public readonly record struct StoredReturn([property: Id(0)] string Key, [property: Id(1)] long Units);

/// <summary>Keys admitted between two checkpoints, written once: each as its entry in the ledger was.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.key-block.1")]
public sealed record KeyBlock
{
    [Id(0)] public ImmutableArray<byte[]> Entries { get; init; } = [];

    public static KeyBlock From(IEnumerable<Remembered> keys) =>
        new() { Entries = [.. keys.Select(key => MemberEntryCodec.Encode(key.Admitted).ToArray())] };
}
