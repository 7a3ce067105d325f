using System.Collections.Immutable;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Market;
using CoopGrid.Model;

namespace CoopGrid.Domain.Usage;

/// <summary>
/// One fact of a member's account. An account is the fold of its entries in the order of <see cref="Sequence"/>, which has no gaps;
/// a decision makes an entry, the ledger keeps it, and replaying it gives the account again.
/// </summary>
/// <param name="Sequence">1 for the member's first entry, one more with each.</param>
/// <param name="At">When it was decided.</param>
/// <param name="Slice">The slice that it counts in: max(clock, the member's last, the producer's last mark).</param>
/// <param name="PolicyVersion">The class policy that decided.</param>
public abstract record MemberEntry(long Sequence, Instant At, long Slice, int PolicyVersion);

/// <summary>The member joins a class.</summary>
/// <param name="Class">The customer class.</param>
/// <param name="WindowSlices">Slices in the class's window.</param>
public sealed record Enrolled(long Sequence, Instant At, long Slice, int PolicyVersion, string Class, int WindowSlices)
    : MemberEntry(Sequence, At, Slice, PolicyVersion);

/// <summary>The member is suspended, or active again.</summary>
public sealed record StatusChanged(long Sequence, Instant At, long Slice, int PolicyVersion, MemberStatus Status, string Reason)
    : MemberEntry(Sequence, At, Slice, PolicyVersion);

/// <summary>The member gains or loses the right to use a lane.</summary>
public sealed record EntitlementChanged(long Sequence, Instant At, long Slice, int PolicyVersion, string Lane, bool Entitled)
    : MemberEntry(Sequence, At, Slice, PolicyVersion);

/// <summary>A request was admitted, or deferred: then it is charged now and admitted later. The entry is also what its key is remembered by.</summary>
/// <param name="Key">The request's idempotency key.</param>
/// <param name="Payload">Fingerprint of the request's payload.</param>
/// <param name="Lane">The lane that it was admitted in.</param>
/// <param name="MultiplierPermille">Price factor of the surged units.</param>
/// <param name="Covered">What covered the units.</param>
/// <param name="WindowUsageUnits">u afterwards, as answered.</param>
/// <param name="BaselineRemainingUnits">Baseline left afterwards, as answered.</param>
/// <param name="QuotaSpentMicroUnits">The member's own rate bucket afterwards (<see cref="Admission.QuotaBucket"/>).</param>
/// <param name="Caller">Who asked.</param>
public sealed record Admitted(
    long Sequence,
    Instant At,
    long Slice,
    int PolicyVersion,
    string Key,
    ulong Payload,
    string Lane,
    int MultiplierPermille,
    Covered Covered,
    long WindowUsageUnits,
    long BaselineRemainingUnits,
    long QuotaSpentMicroUnits,
    string Caller) : MemberEntry(Sequence, At, Slice, PolicyVersion)
{
    public long Units => Covered.Total;

    /// <summary>What counts in u and S: all but the units under a reservation (SPEC.md §7).</summary>
    public long CountedUnits => Covered.Total - Covered.Reserved;

    /// <summary>The member's bank afterwards; null if it was not touched.</summary>
    public BankAccount? Bank { get; init; }

    /// <summary>What is used of the member's reservation afterwards; null if none ran, or the lane was exempt.</summary>
    public ReservationUse? Reservation { get; init; }

    /// <summary>Whether the surged units, if any, are beyond a reservation of the member.</summary>
    public bool IsBeyondReservation => Reservation is not null && Covered.Surged > 0;

    /// <summary>The ticket that was redeemed; empty without one. Its units were charged when it was issued: here they stand as reserved.</summary>
    public string Ticket { get; init; } = "";

    /// <summary>The ticket that was issued: the request was deferred, and is charged already. Null if it was admitted.</summary>
    public Ticket? Issued { get; init; }

    /// <summary>What the caller was told, and is told again when it asks with the same key.</summary>
    public AdmissionAnswer Answer(bool replayed) => new()
    {
        Outcome = Issued is null ? Outcome.Admitted : Outcome.Deferred,
        Replayed = replayed,
        Units = Units,
        MultiplierPermille = MultiplierPermille,
        Covered = Covered,
        WindowUsageUnits = WindowUsageUnits,
        BaselineRemainingUnits = BaselineRemainingUnits,
        PolicyVersion = PolicyVersion,
        Ticket = Issued?.Text ?? "",
        NotBeforeUnixMs = Issued?.Start.UnixMs ?? 0,
    };
}

/// <summary>Units of an admission were given back.</summary>
/// <param name="Key">The admission's key.</param>
/// <param name="AdmittedSlice">The slice that the admission counted in.</param>
/// <param name="Units">Units given back by this entry.</param>
/// <param name="ReturnedUnits">Units given back so far in all.</param>
public sealed record Cancelled(
    long Sequence,
    Instant At,
    long Slice,
    int PolicyVersion,
    string Key,
    long AdmittedSlice,
    long Units,
    long ReturnedUnits) : MemberEntry(Sequence, At, Slice, PolicyVersion)
{
    /// <summary>Of <see cref="Units"/>, those that had been under a reservation, and so had not counted.</summary>
    public long ReservedUnits { get; init; }

    /// <summary>What u and S lose.</summary>
    public long CountedUnits => Units - ReservedUnits;

    /// <summary>The member's bank afterwards; null if it was not touched.</summary>
    public BankAccount? Bank { get; init; }
}

/// <summary>A meter reports for the member from now on.</summary>
public sealed record MeterRegistered(long Sequence, Instant At, long Slice, int PolicyVersion, string Meter)
    : MemberEntry(Sequence, At, Slice, PolicyVersion);

/// <summary>A meter's report was accepted; the entry carries the meter's chain head.</summary>
/// <param name="Meter">The meter.</param>
/// <param name="ReportSequence">The report's own number.</param>
/// <param name="Payload">Fingerprint of the report's payload.</param>
/// <param name="Slices">Usage by slice, and what covered it.</param>
public sealed record UsageReported(
    long Sequence,
    Instant At,
    long Slice,
    int PolicyVersion,
    string Meter,
    long ReportSequence,
    ulong Payload,
    ImmutableArray<ReportedSlice> Slices) : MemberEntry(Sequence, At, Slice, PolicyVersion)
{
    /// <summary>The first slice that the report came in time for. What was used before it is late: it is in no sum, but an adjustment of the epoch's bill.</summary>
    public long InTimeFrom { get; init; } = long.MinValue;

    /// <summary>The epochs that hold late slices, ascending.</summary>
    public ImmutableArray<EpochSlices> LateEpochs { get; init; } = [];

    /// <summary>The slices that count in the window and in their epoch.</summary>
    public ImmutableArray<ReportedSlice> InTime => InTimeFrom == long.MinValue ? Slices : [.. Slices.Where(slice => slice.Slice >= InTimeFrom)];

    public ImmutableArray<ReportedSlice> Late => InTimeFrom == long.MinValue ? [] : [.. Slices.Where(slice => slice.Slice < InTimeFrom)];

    /// <summary>The member's bank afterwards; null if it was not touched.</summary>
    public BankAccount? Bank { get; init; }
}

/// <summary>The adjustment lines of a report's late units are handed in: they stand on the member's next bill.</summary>
/// <param name="Meter">The meter.</param>
/// <param name="ReportSequence">The report's own number.</param>
/// <param name="Epoch">The number of the epoch that the units were used in.</param>
public sealed record LateHandedIn(long Sequence, Instant At, long Slice, int PolicyVersion, string Meter, long ReportSequence, long Epoch)
    : MemberEntry(Sequence, At, Slice, PolicyVersion);

/// <summary>
/// The member leaves the co-op, for good. The slice still counts for it. Its usage leaves the class's window; the epoch keeps what it used.
/// </summary>
/// <param name="Reason">As it was given.</param>
/// <param name="Final">What its final bill is rated against; null if no epoch of its class had begun.</param>
public sealed record MemberLeft(long Sequence, Instant At, long Slice, int PolicyVersion, string Reason, FinalFigures? Final)
    : MemberEntry(Sequence, At, Slice, PolicyVersion);

/// <summary>A meter said two things under one sequence number; both fingerprints are kept.</summary>
public sealed record EvidenceKept(
    long Sequence,
    Instant At,
    long Slice,
    int PolicyVersion,
    string Meter,
    long ReportSequence,
    ulong AcceptedPayload,
    ulong OtherPayload) : MemberEntry(Sequence, At, Slice, PolicyVersion);

/// <summary>An epoch begins in the account: entries after this one that lie in its slices count in it.</summary>
/// <param name="Epoch">The epoch, as the class has announced it.</param>
/// <param name="FirstUnbilled">The number of the first epoch whose bills are not made: the sums of those before it are let go.</param>
public sealed record EpochBegan(long Sequence, Instant At, long Slice, int PolicyVersion, EpochSlices Epoch, long FirstUnbilled)
    : MemberEntry(Sequence, At, Slice, PolicyVersion);

/// <summary>Units of the member's bank decayed when an epoch was over, and went to the commons.</summary>
/// <param name="Epoch">The epoch that was over.</param>
/// <param name="Bank">The member's bank afterwards, settled through the epoch's last slice.</param>
public sealed record BankDecayed(long Sequence, Instant At, long Slice, int PolicyVersion, EpochSlices Epoch, BankAccount Bank)
    : MemberEntry(Sequence, At, Slice, PolicyVersion);

/// <summary>Usage of one slice, as charged.</summary>
/// <param name="Slice">The slice it was used in.</param>
/// <param name="BaselineUnits">Units within the baseline.</param>
/// <param name="SurgedUnits">The rest.</param>
/// <param name="MultiplierPermille">The multiplier of that slice.</param>
/// <param name="BankedUnits">Units that the member's bank covered.</param>
public readonly record struct ReportedSlice(long Slice, long BaselineUnits, long SurgedUnits, int MultiplierPermille, long BankedUnits = 0)
{
    public long Units => BaselineUnits + BankedUnits + SurgedUnits;
}
