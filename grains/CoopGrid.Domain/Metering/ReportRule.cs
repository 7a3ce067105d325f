using System.Collections.Immutable;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Metering;

/// <summary>The multiplier of a finished slice of a metered class; null if it is not known here yet.</summary>
public delegate int? SliceMultiplier(long slice);

/// <summary>
/// Takes a meter's report (SPEC.md §9): once, for ever, by the continuity of its sequence. The answer is the first row that applies, in
/// the order of <see cref="ReportOutcome"/>. A report covers finished slices only. What is past its grace is late (<see cref="LateRule"/>): accepted, and an
/// adjustment of a bill.
/// </summary>
public static class ReportRule
{
    /// <summary>The most slices in one report.</summary>
    public const int MaxSlices = 256;

    /// <summary>Decides one report. One with a slice whose price is not known is <see cref="ReportOutcome.Unavailable"/>, and nothing is charged.</summary>
    /// <param name="epochs">The class's epochs; null if it has none, and then nothing late is taken.</param>
    public static (ReportAnswer Answer, MemberEntry? Entry) Decide(
        MemberAccount account, UsageReport report, in Conditions now, SliceMultiplier multiplierOf, EpochPlan? epochs = null)
    {
        if (Malformed(report) is { } malformed) return Refuse(ReportOutcome.Invalid, malformed);
        if (account.Meter(report.Meter) is not { } chain) return Refuse(ReportOutcome.MeterUnknown, "No such meter of this member.");
        long expected = chain.Sequence + 1;
        if (account.Status != MemberStatus.Active) return Refuse(ReportOutcome.MemberNotActive, $"The member is {account.Status}.", expected);
        if (now.SuspendedFor is { } emergency) return Refuse(ReportOutcome.MemberNotActive, $"The member is suspended in an emergency: {emergency}", expected);
        if (now.Policy.Entry != UsageEntry.Metered)
            return Refuse(ReportOutcome.NotMetered, "This class counts admissions: use Admission.Admit.", expected);
        if (TooMuch(report, now.Policy.Capacity) is { } tooMuch) return Refuse(ReportOutcome.Invalid, tooMuch, expected);

        ulong payload = Payload.Of(report);
        if (report.Sequence <= chain.Sequence) return Repeat(account, report, chain, payload, now);
        if (report.Sequence > expected) return Refuse(ReportOutcome.Gap, $"Report {expected} is wanted first.", expected);
        if (OutOfTime(report, chain, now) is { } outOfTime) return Refuse(outOfTime.Outcome, outOfTime.Reason, expected);
        (ImmutableArray<EpochSlices> late, string? tooLate) = LateRule.EpochsOf(account, report, now, epochs);
        if (tooLate is not null) return Refuse(ReportOutcome.TooLate, tooLate, expected);

        var multipliers = new int[report.Slices.Length];
        foreach ((int place, SliceUsage used) in report.Slices.Index())
        {
            if (multiplierOf(used.Slice) is not { } multiplier) return Refuse(ReportOutcome.Unavailable, NotPriced(used), expected);
            multipliers[place] = multiplier;
        }

        return Accept(account, report, payload, now, multipliers, late);
    }

    private static string? Malformed(UsageReport report)
    {
        if (!Ids.IsName(report.Meter)) return $"A meter of 1 to {Ids.MaxBytes} bytes is needed.";
        if (report.Sequence < 1) return "Sequence numbers start at 1.";
        if (report.Slices.Length is 0 or > MaxSlices) return $"A report covers 1 to {MaxSlices} slices.";
        for (int i = 0; i < report.Slices.Length; i++)
        {
            if (report.Slices[i].Units < 0) return "Units must be 0 or above.";
            if (report.Slices[i].Units > MaxUnits) return $"Units of a slice are at most {MaxUnits}.";
            if (i > 0 && report.Slices[i].Slice <= report.Slices[i - 1].Slice) return "Slices must ascend.";
        }

        return null;
    }

    // What a policy was checked against: with more than this a bill could leave 64 bits.
    private static string? TooMuch(UsageReport report, CapacityPolicy capacity)
    {
        foreach (SliceUsage slice in report.Slices)
        {
            if (slice.Units > capacity.MaxRequestUnits)
                return $"Slice {slice.Slice} has {slice.Units} units; this class takes at most {capacity.MaxRequestUnits} in one slice of one report.";
        }

        return null;
    }

    /// <summary>The most units of one slice of one report: as a commitment to them could prove (SPEC.md §12).</summary>
    public const long MaxUnits = (1L << 40) - 1;

    // Only the head of the chain is kept, so only the last report's payload can be compared.
    private static (ReportAnswer, MemberEntry?) Repeat(
        MemberAccount account, UsageReport report, MeterChain chain, ulong payload, in Conditions now)
    {
        if (report.Sequence < chain.Sequence || payload == chain.Payload)
        {
            return (new ReportAnswer
            {
                Outcome = ReportOutcome.Duplicate,
                ExpectedSequence = chain.Sequence + 1,
                WindowUsageUnits = account.UsageAt(now.SliceOf(account)),
            }, null);
        }

        var evidence = new EvidenceKept(
            account.Sequence + 1, now.Now, now.SliceOf(account), now.Policy.Version, report.Meter, report.Sequence, chain.Payload, payload);
        string reason = $"Report {report.Sequence} was accepted with other slices or units; both are kept as evidence.";
        return (Refuse(ReportOutcome.SequenceConflict, reason, chain.Sequence + 1).Answer, evidence);
    }

    private static (ReportOutcome Outcome, string Reason)? OutOfTime(UsageReport report, MeterChain chain, in Conditions now)
    {
        WindowPolicy window = now.Policy.Window;
        if (report.Slices[0].Slice <= chain.LastSlice)
            return (ReportOutcome.Overlap, $"Slices up to {chain.LastSlice} were reported before.");
        if (report.Slices[^1].Slice >= window.SliceAt(now.Now))
            return (ReportOutcome.Future, $"Slice {report.Slices[^1].Slice} has not ended.");
        return null;
    }

    private static string NotPriced(in SliceUsage used) =>
        $"What prices slice {used.Slice} is not known here yet; send the same report again.";

    private static (ReportAnswer, MemberEntry?) Accept(
        MemberAccount account, UsageReport report, ulong payload, in Conditions now, int[] multipliers, ImmutableArray<EpochSlices> late)
    {
        long slice = now.SliceOf(account);
        long usage = account.UsageAt(slice);
        long lateUnits = 0, inTime = LateRule.InTimeFrom(now);
        BankAccount bank = Settling.Before(account, now.Bank, slice);
        Covered covered = default;
        ImmutableArray<ReportedSlice>.Builder slices = ImmutableArray.CreateBuilder<ReportedSlice>(report.Slices.Length);
        foreach ((int place, SliceUsage used) in report.Slices.Index())
        {
            // Late units take of the baseline too, or whoever reports late would have it twice; the bank covers none of them: their epoch is closed.
            bool isLate = used.Slice < inTime;
            long before = isLate ? LateRule.LateBefore(account, used.Slice, late) : 0;
            int multiplier = multipliers[place];
            long baseline = AdmissionRule.BaselineLeft(usage + lateUnits + before, now.Policy);
            Covered own = Covering.Of(used.Units, new(false, 0, baseline, isLate ? 0 : bank.Held, multiplier));
            slices.Add(new(used.Slice, own.Baseline, own.Surged, multiplier, own.Banked));
            bank = bank.Spend(own.Banked);
            if (isLate) lateUnits += used.Units;
            else usage += used.Units;
            covered = new(0, 0, covered.Baseline + own.Baseline, covered.Banked + own.Banked, covered.Surged + own.Surged);
        }

        var entry = new UsageReported(
            account.Sequence + 1, now.Now, slice, now.Policy.Version, report.Meter, report.Sequence, payload, slices.MoveToImmutable())
        {
            Bank = Settling.Changed(account, bank),
            InTimeFrom = late.IsEmpty ? long.MinValue : inTime,
            LateEpochs = late,
        };
        var answer = new ReportAnswer
        {
            Outcome = ReportOutcome.Accepted,
            ExpectedSequence = report.Sequence + 1,
            Units = covered.Total,
            WindowUsageUnits = usage,
            BaselineUnits = covered.Baseline,
            BankedUnits = covered.Banked,
            SurgedUnits = covered.Surged,
            LateUnits = lateUnits,
        };
        return (answer, entry);
    }

    private static (ReportAnswer Answer, MemberEntry? Entry) Refuse(ReportOutcome outcome, string reason, long expected = 0) =>
        (new ReportAnswer { Outcome = outcome, Reason = reason, ExpectedSequence = expected }, null);
}
