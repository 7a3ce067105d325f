using System.Collections.Immutable;
using CoopGrid.Domain.Usage;

namespace CoopGrid.Domain.Billing;

/// <summary>Late units of one report and epoch whose adjustment lines may not be handed in yet.</summary>
/// <param name="Meter">The meter.</param>
/// <param name="ReportSequence">The report's own number.</param>
/// <param name="Epoch">The number of the epoch they were used in.</param>
/// <param name="Before">The member's late units of that epoch before them.</param>
/// <param name="Units">What came.</param>
public sealed record LateReport(string Meter, long ReportSequence, long Epoch, MemberFigures Before, MemberFigures Units);

/// <summary>All late units of one epoch.</summary>
public sealed record LateSum(long Epoch, MemberFigures Units);

/// <summary>
/// A member's late units (SPEC.md §9): units that came after their slice was closed.
/// <list type="number">
/// <item>They are in no sum: each report's are adjustment lines, rated on what was billed and the late units before them.</item>
/// <item>A report waits here until its lines are handed in, which is known by an entry; they are handed in once for its number, however often that is tried.</item>
/// <item>Sums are kept of more epochs than late units are taken for.</item>
/// </list>
/// </summary>
/// <param name="Sums">Ascending by epoch.</param>
/// <param name="Waiting">In the order of their reports.</param>
public sealed record MemberLate(ImmutableArray<LateSum> Sums, ImmutableArray<LateReport> Waiting)
{
    /// <summary>How many epochs before the running one late units are taken for.</summary>
    public const int MostEpochs = 12;

    // Of any that late units are still taken for none is dropped, as there are fewer.
    private const int SumsKept = MostEpochs + 2;

    public static MemberLate None { get; } = new([], []);

    /// <summary>The late units of an epoch so far.</summary>
    public MemberFigures Of(long epoch) => Sums.FirstOrDefault(sum => sum.Epoch == epoch)?.Units ?? MemberFigures.None;

    /// <summary>Adds a report's late units.</summary>
    public MemberLate With(UsageReported report)
    {
        MemberLate late = this;
        foreach (EpochSlices epoch in report.LateEpochs)
        {
            MemberFigures units = MemberFigures.Used(report.Late, report.PolicyVersion, epoch), before = late.Of(epoch.Number);
            IEnumerable<LateSum> sums = late.Sums.Where(sum => sum.Epoch != epoch.Number).Append(new(epoch.Number, before.Plus(units))).OrderBy(sum => sum.Epoch);
            late = new([.. sums.TakeLast(SumsKept)], late.Waiting.Add(new(report.Meter, report.ReportSequence, epoch.Number, before, units)));
        }

        return late;
    }

    /// <summary>Whether the lines of a report and epoch may not be handed in yet.</summary>
    public bool Waits(LateReport report) => Waiting.Any(waiting => IsOf(waiting, report.Meter, report.ReportSequence, report.Epoch));

    /// <summary>The lines of a report and epoch are handed in.</summary>
    public MemberLate Without(LateHandedIn handedIn) =>
        this with { Waiting = Waiting.RemoveAll(waiting => IsOf(waiting, handedIn.Meter, handedIn.ReportSequence, handedIn.Epoch)) };

    private static bool IsOf(LateReport report, string meter, long sequence, long epoch) =>
        report.Epoch == epoch && report.ReportSequence == sequence && report.Meter == meter;
}
