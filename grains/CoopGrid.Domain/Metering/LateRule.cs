using System.Collections.Immutable;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Metering;

/// <summary>
/// What of a report is late (SPEC.md §9): its slices past their grace, or before the producer's mark. Late units are taken if
/// <list type="number">
/// <item>each lies in an epoch of the class, at most <see cref="MemberLate.MostEpochs"/> before the running one,</item>
/// <item>and not before the member's enrolment.</item>
/// </list>
/// </summary>
internal static class LateRule
{
    /// <summary>The first slice that a report comes in time for.</summary>
    public static long InTimeFrom(in Conditions now)
    {
        WindowPolicy window = now.Policy.Window;
        return Math.Max(window.SliceAt(now.Now.PlusMs(-window.GraceMs)), now.Mark);
    }

    /// <summary>The epochs that hold late slices, or why those are not taken.</summary>
    public static (ImmutableArray<EpochSlices> Epochs, string? Refusal) EpochsOf(
        MemberAccount account, UsageReport report, in Conditions now, EpochPlan? epochs)
    {
        WindowPolicy window = now.Policy.Window;
        EpochSlices? running = epochs?.At(window.SliceAt(now.Now));
        long inTime = InTimeFrom(now);
        ImmutableArray<EpochSlices>.Builder found = ImmutableArray.CreateBuilder<EpochSlices>();
        foreach (SliceUsage used in report.Slices)
        {
            if (used.Slice >= inTime) break;
            string past = $"Slice {used.Slice} is past its grace of {window.GraceMs} ms";
            if (used.Slice < account.EnrolledIn) return ([], $"{past}, and before the member was enrolled.");
            if (running is null || epochs!.At(used.Slice) is not { } epoch) return ([], $"{past}, and no epoch can be billed for it.");
            if (epoch.Number < running.Number - MemberLate.MostEpochs)
                return ([], $"{past}, and its epoch is more than {MemberLate.MostEpochs} before the running one.");
            if (found.Count == 0 || found[^1].Number != epoch.Number) found.Add(epoch);
        }

        return (found.DrainToImmutable(), null);
    }

    /// <summary>Late units that were taken before of the epoch that holds a slice.</summary>
    public static long LateBefore(MemberAccount account, long slice, ImmutableArray<EpochSlices> epochs) =>
        epochs.FirstOrDefault(epoch => epoch.Holds(slice)) is { } held ? account.Late.Of(held.Number).Units : 0;
}
