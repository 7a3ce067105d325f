using System.Collections.Immutable;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Metering;

/// <summary>The multiplier of a finished slice of a metered class.</summary>
public delegate int SliceMultiplier(long slice);

/// <summary>
/// Takes a meter's report (SPEC.md §9): once, for ever, by the continuity of its sequence. The answer is the first row that applies, in
/// the order of <see cref="ReportOutcome"/>. A report covers finished slices only, and none past its grace.
/// </summary>
public static class ReportRule
{
    /// <summary>The most slices in one report.</summary>
    public const int MaxSlices = 256;

    /// <summary>Decides one report.</summary>
    public static (ReportAnswer Answer, MemberEntry? Entry) Decide(
        MemberAccount account, UsageReport report, in Conditions now, SliceMultiplier multiplierOf)
    {
        if (Malformed(report) is { } malformed) return Refuse(ReportOutcome.Invalid, malformed);
        if (account.Meter(report.Meter) is not { } chain) return Refuse(ReportOutcome.MeterUnknown, "No such meter of this member.");
        long expected = chain.Sequence + 1;
        if (account.Status != MemberStatus.Active) return Refuse(ReportOutcome.MemberNotActive, $"The member is {account.Status}.", expected);
        if (now.Policy.Entry != UsageEntry.Metered)
            return Refuse(ReportOutcome.NotMetered, "This class counts admissions: use Admission.Admit.", expected);
        if (TooMuch(report, now.Policy.Capacity) is { } tooMuch) return Refuse(ReportOutcome.Invalid, tooMuch, expected);

        ulong payload = Payload.Of(report);
        if (report.Sequence <= chain.Sequence) return Repeat(account, report, chain, payload, now);
        if (report.Sequence > expected) return Refuse(ReportOutcome.Gap, $"Report {expected} is wanted first.", expected);
        if (OutOfTime(report, chain, now) is { } late) return Refuse(late.Outcome, late.Reason, expected);
        return Accept(account, report, payload, now, multiplierOf);
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
        return report.Slices[0].Slice < window.SliceAt(now.Now.PlusMs(-window.GraceMs)) || report.Slices[0].Slice < now.Mark
            ? (ReportOutcome.TooLate, $"Slice {report.Slices[0].Slice} is past its grace of {window.GraceMs} ms.")
            : null;
    }

    private static (ReportAnswer, MemberEntry?) Accept(
        MemberAccount account, UsageReport report, ulong payload, in Conditions now, SliceMultiplier multiplierOf)
    {
        long slice = now.SliceOf(account);
        long usage = account.UsageAt(slice);
        BankAccount bank = Settling.Before(account, now.Bank, slice);
        Covered covered = default;
        ImmutableArray<ReportedSlice>.Builder slices = ImmutableArray.CreateBuilder<ReportedSlice>(report.Slices.Length);
        foreach (SliceUsage used in report.Slices)
        {
            int multiplier = multiplierOf(used.Slice);
            Covered own = Covering.Of(used.Units, new(false, 0, AdmissionRule.BaselineLeft(usage, now.Policy), bank.Held, multiplier));
            slices.Add(new(used.Slice, own.Baseline, own.Surged, multiplier, own.Banked));
            bank = bank.Spend(own.Banked);
            usage += used.Units;
            covered = new(0, 0, covered.Baseline + own.Baseline, covered.Banked + own.Banked, covered.Surged + own.Surged);
        }

        var entry = new UsageReported(
            account.Sequence + 1, now.Now, slice, now.Policy.Version, report.Meter, report.Sequence, payload, slices.MoveToImmutable())
        {
            Bank = Settling.Changed(account, bank),
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
        };
        return (answer, entry);
    }

    private static (ReportAnswer Answer, MemberEntry? Entry) Refuse(ReportOutcome outcome, string reason, long expected = 0) =>
        (new ReportAnswer { Outcome = outcome, Reason = reason, ExpectedSequence = expected }, null);
}
