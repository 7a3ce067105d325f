using CoopGrid.Client;
using CoopGrid.LoadTest.Sending;
using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.LoadTest.Runs;

/// <summary>One meter per member: its next sequence number, and what it was told is charged.</summary>
internal sealed class MeterBook(CoopGridClient client, string coop, string[] members)
{
    /// <summary>Slices in one report at most.</summary>
    public const int MaxSlices = 256;

    /// <summary>A number that no meter reaches: a report of it changes nothing, and its answer names the one that is wanted.</summary>
    private const long FarAhead = 1_000_000_000_000;

    private readonly long[] _next = new long[members.Length];
    private readonly long[] _told = new long[members.Length];

    public Dictionary<ReportOutcome, long> Outcomes { get; } = [];

    /// <summary>Of one round of all meters' reports, in µs.</summary>
    public LatencyLog Latency { get; } = new();

    public long ToldUnits => _told.Sum();

    public long Told(int member) => _told[member];

    /// <param name="endedSlice">Any slice that has ended.</param>
    public async Task RegisterAsync(long endedSlice, CancellationToken stop)
    {
        for (int i = 0; i < members.Length; i++)
        {
            await client.Members.RegisterMeterAsync(new() { Coop = coop, Member = members[i], Meter = Meter(i) }, stop);
            var probe = new ReportUsageRequest { Coop = coop, Meter = Meter(i), Sequence = FarAhead };
            probe.Slices.Add(new SliceUsage { Slice = endedSlice });
            ReportUsageReply reply = await client.Metering.ReportAsync(probe, stop);
            if (reply.Outcome != ReportOutcome.Gap)
                throw new InvalidOperationException($"Meter {Meter(i)}: a report far ahead was answered {reply.Outcome} {reply.Reason} instead of Gap.");
            _next[i] = reply.ExpectedSequence;
        }
    }

    /// <summary>Reports consecutive slices of all meters; returns when every report has a known answer.</summary>
    public async Task ReportAsync(ReadOnlyMemory<long[]> rows, long firstSlice, TimeProvider clock, CancellationToken stop)
    {
        var open = new Dictionary<int, ReportUsageRequest>();
        for (int i = 0; i < members.Length; i++) open.Add(i, Report(i, rows.Span, firstSlice));
        while (open.Count > 0)
        {
            int[] asked = [.. open.Keys.Take(CoopGridClient.MaxBatch)];
            var batch = new ReportUsageBatchRequest();
            batch.Requests.AddRange(asked.Select(i => open[i]));
            if (!await TryAsync(batch, asked, open, stop)) await Task.Delay(TimeSpan.FromMilliseconds(50), clock, stop);
        }
    }

    /// <returns>False if some have no known answer yet, so that a pause is due.</returns>
    private async Task<bool> TryAsync(ReportUsageBatchRequest batch, int[] asked, Dictionary<int, ReportUsageRequest> open, CancellationToken stop)
    {
        try
        {
            ReportUsageBatchReply reply = await client.Metering.ReportBatchAsync(batch, stop);
            bool all = true;
            for (int i = 0; i < asked.Length; i++) all &= Settle(asked[i], reply.Replies[i], open);
            return all;
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded && !stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private bool Settle(int member, ReportUsageReply reply, Dictionary<int, ReportUsageRequest> open)
    {
        Outcomes[reply.Outcome] = Outcomes.GetValueOrDefault(reply.Outcome) + 1;
        ReportUsageRequest report = open[member];
        switch (reply.Outcome)
        {
            // A duplicate here is the report's own earlier attempt, whose answer was lost.
            case ReportOutcome.Accepted or ReportOutcome.Duplicate:
                _told[member] += report.Slices.Sum(slice => slice.Units);
                _next[member]++;
                open.Remove(member);
                return true;
            case ReportOutcome.Future or ReportOutcome.Unavailable:
                return false;
            case ReportOutcome.TooLate when report.Slices.Count > 1:
                report.Slices.RemoveAt(0);
                return true;
            case ReportOutcome.TooLate:
                open.Remove(member);
                return true;
            default:
                throw new InvalidOperationException($"Meter {report.Meter}, report {report.Sequence}: {reply.Outcome} {reply.Reason}");
        }
    }

    private ReportUsageRequest Report(int member, ReadOnlySpan<long[]> rows, long firstSlice)
    {
        var report = new ReportUsageRequest { Coop = coop, Meter = Meter(member), Sequence = _next[member] };
        for (int i = 0; i < rows.Length; i++) report.Slices.Add(new SliceUsage { Slice = firstSlice + i, Units = rows[i][member] });
        return report;
    }

    private string Meter(int member) => $"{members[member]}-meter";
}
