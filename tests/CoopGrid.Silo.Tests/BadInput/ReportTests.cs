using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.BadInput;

/// <summary>Reports through gRPC: every outcome, and what each leaves behind (SPEC.md §9).</summary>
[Collection(QuietSiloCollection.Name)]
public sealed class ReportTests(QuietSilo silo)
{
    // A slice that has just ended stays within its grace for the length of a test.
    private static long LastFinished => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 2;

    public static TheoryData<string> Malformed =>
        ["sequence 0", "a negative sequence", "no slices", "slices that do not ascend", "a slice twice", "negative units", "too many units", "257 slices", "no meter", "a meter of 129 bytes"];

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Malformed_is_INVALID_ARGUMENT_and_INVALID_in_a_batch(string what)
    {
        (Member before, string meter) = await NewMeter();
        ReportUsageRequest report = Report(meter, 1, (LastFinished, 5));
        Action change = what switch
        {
            "sequence 0" => () => report.Sequence = 0,
            "a negative sequence" => () => report.Sequence = -1,
            "no slices" => report.Slices.Clear,
            "slices that do not ascend" => () => report.Slices.Add(new SliceUsage { Slice = report.Slices[0].Slice - 1, Units = 1 }),
            "a slice twice" => () => report.Slices.Add(report.Slices[0]),
            "negative units" => () => report.Slices[0].Units = -1,
            "too many units" => () => report.Slices[0].Units = long.MaxValue,
            "257 slices" => () => report.Slices.Add(Enumerable.Range(1, 256).Select(i => new SliceUsage { Slice = report.Slices[0].Slice + i })),
            "no meter" => () => report.Meter = "",
            _ => () => report.Meter = new string('m', 129),
        };
        change();

        await QuietSilo.Fails(StatusCode.InvalidArgument, silo.Clients.Metering.ReportUsageAsync(report));
        Assert.Equal(ReportOutcome.Invalid, (await InBatch(report)).Outcome);

        await silo.Unchanged(before);
    }

    [Fact]
    public async Task An_unknown_coop_is_NOT_FOUND()
    {
        ReportUsageRequest report = Report("any", 1, (LastFinished, 5));
        report.Coop = "elsewhere";
        await QuietSilo.Fails(StatusCode.NotFound, silo.Clients.Metering.ReportUsageAsync(report));
        Assert.Equal(ReportOutcome.CoopUnknown, (await InBatch(report)).Outcome);
    }

    [Fact]
    public async Task An_unknown_meter_is_METER_UNKNOWN() =>
        Assert.Equal(ReportOutcome.MeterUnknown, (await Send(Report("no meter", 1, (LastFinished, 5)))).Outcome);

    [Fact]
    public async Task A_suspended_member_is_MEMBER_NOT_ACTIVE()
    {
        (Member account, string meter) = await NewMeter();
        Member before = await silo.Clients.Members.SuspendAsync(new() { Coop = Charters.Coop, Member = account.Member_, Suspended = true });
        Assert.Equal(ReportOutcome.MemberNotActive, (await Send(Report(meter, 1, (LastFinished, 5)))).Outcome);
        await silo.Unchanged(before);
    }

    [Fact]
    public async Task A_class_of_admissions_is_NOT_METERED_and_a_metered_class_admits_nothing()
    {
        (Member before, string meter) = await NewMeter(QuietSilo.People);
        Assert.Equal(ReportOutcome.NotMetered, (await Send(Report(meter, 1, (LastFinished, 5)))).Outcome);
        await silo.Unchanged(before);

        (Member home, _) = await NewMeter();
        await QuietSilo.Fails(StatusCode.InvalidArgument, silo.Clients.Admission.AdmitAsync(QuietSilo.Ask(home.Member_)));
        await silo.Unchanged(home);
    }

    [Fact]
    public async Task Sequence_and_slices_go_on_without_gap_overlap_or_repetition()
    {
        (Member before, string meter) = await NewMeter();
        long slice = await FourSlices();
        ReportUsageRequest first = Report(meter, 1, (slice, 5), (slice + 1, 7));
        ReportUsageReply accepted = await Send(first);
        Assert.Equal((ReportOutcome.Accepted, 2L, 12L), (accepted.Outcome, accepted.ExpectedSequence, accepted.Units));
        Member after = await silo.Account(before.Member_);

        // The report, and the beginning of the epoch before it.
        Assert.Equal((before.Sequence + 2, 12L, 12L), (after.Sequence, after.TotalUnits, after.WindowUsageUnits));

        Assert.Equal((ReportOutcome.Duplicate, 2L), Short(await Send(first)));
        Assert.Equal((ReportOutcome.Gap, 2L), Short(await Send(Report(meter, 3, (slice + 2, 1)))));
        Assert.Equal((ReportOutcome.Overlap, 2L), Short(await Send(Report(meter, 2, (slice + 1, 1)))));
        Assert.Equal((ReportOutcome.Future, 2L), Short(await Send(Report(meter, 2, (slice + 3600, 1)))));
        await silo.Unchanged(after);

        // Evidence is an entry of its own, and no units.
        Assert.Equal((ReportOutcome.SequenceConflict, 2L), Short(await Send(Report(meter, 1, (slice, 6)))));
        Member evidence = await silo.Account(before.Member_);
        Assert.Equal((after.Sequence + 1, 12L), (evidence.Sequence, evidence.TotalUnits));

        Assert.Equal((ReportOutcome.Accepted, 3L), Short(await Send(Report(meter, 2, (slice + 2, 0)))));
        Assert.Equal(12, (await silo.Account(before.Member_)).TotalUnits);
    }

    [Fact]
    public async Task A_slice_past_its_grace_is_TOO_LATE()
    {
        (Member before, string meter) = await NewMeter();
        Assert.Equal((ReportOutcome.TooLate, 1L), Short(await Send(Report(meter, 1, (LastFinished - 100, 5)))));
        await silo.Unchanged(before);
    }

    [Fact]
    public async Task A_batch_is_decided_in_order_and_an_oversized_one_changes_nothing()
    {
        (Member before, string meter) = await NewMeter();
        long slice = await FourSlices();
        var large = new ReportUsageBatchRequest();
        large.Requests.AddRange(Enumerable.Repeat(Report(meter, 1, (slice, 5)), 4097));
        await QuietSilo.Fails(StatusCode.InvalidArgument, silo.Clients.Metering.ReportUsageBatchAsync(large));
        await silo.Unchanged(before);

        var batch = new ReportUsageBatchRequest
        {
            Requests = { Report(meter, 1, (slice, 5)), Report(meter, 2, (slice + 1, 6)), Report("no meter", 1, (slice, 1)), Report(meter, 2, (slice + 1, 6)) },
        };
        ReportUsageBatchReply reply = await silo.Clients.Metering.ReportUsageBatchAsync(batch);
        Assert.Equal(
            [ReportOutcome.Accepted, ReportOutcome.Accepted, ReportOutcome.MeterUnknown, ReportOutcome.Duplicate], reply.Replies.Select(answer => answer.Outcome));
        Assert.Equal(11, (await silo.Account(before.Member_)).TotalUnits);
    }

    private static (ReportOutcome, long) Short(ReportUsageReply reply) => (reply.Outcome, reply.ExpectedSequence);

    private static ReportUsageRequest Report(string meter, long sequence, params (long Slice, long Units)[] slices)
    {
        var report = new ReportUsageRequest { Coop = Charters.Coop, Meter = meter, Sequence = sequence };
        report.Slices.Add(slices.Select(slice => new SliceUsage { Slice = slice.Slice, Units = slice.Units }));
        return report;
    }

    /// <summary>The first of four slices that have ended since the class was founded.</summary>
    private async Task<long> FourSlices()
    {
        await Until.True(() => LastFinished - 3 > silo.FoundedBy, "four slices since the founding");
        return LastFinished - 3;
    }

    private async Task<ReportUsageReply> Send(ReportUsageRequest report) =>
        await silo.Clients.Metering.ReportUsageAsync(report, cancellationToken: QuietSilo.Stop);

    private async Task<ReportUsageReply> InBatch(ReportUsageRequest report) =>
        (await silo.Clients.Metering.ReportUsageBatchAsync(new() { Requests = { report } }, cancellationToken: QuietSilo.Stop)).Replies[0];

    private async Task<(Member Account, string Meter)> NewMeter(string @class = QuietSilo.Homes)
    {
        string member = await silo.NewMember(@class);
        Member account = await silo.Clients.Members.RegisterMeterAsync(
            new() { Coop = Charters.Coop, Member = member, Meter = $"meter of {member}" }, cancellationToken: QuietSilo.Stop);
        return (account, $"meter of {member}");
    }
}
