using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;

namespace CoopGrid.Silo.Tests.Durability;

/// <summary>A meter that reports every finished second, and reports again what was not answered.</summary>
internal sealed class HomeMeter(Address address, History history, int seed, int number)
{
    private const int GraceSlices = 30;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Random _random = new((seed * 100) + number);
    private long _sequence = 1;
    private long _reported = CurrentSlice - 10;

    /// <summary>Whose meter it is.</summary>
    public string Home { get; } = FireCharter.HomeNames[number];

    /// <summary>Units that were said to be accepted.</summary>
    public long Accepted { get; private set; }

    /// <summary>How many reports were.</summary>
    public int Reports { get; private set; }

    private static long CurrentSlice => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    public async Task Run(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                if (Next() is { } report) await Report(report);
                await Task.Delay(Pause, TimeProvider.System, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>The meter's name.</summary>
    public string Meter => $"meter of {Home}";

    // Once sent, a report's fate must be learnt, as its number tells: only the pause between reports can be broken off.
    private async Task Report(ReportUsageRequest report)
    {
        while (true)
        {
            SiloClients clients = await address.Now(CancellationToken.None);
            try
            {
                ReportUsageReply reply = await clients.Metering.ReportUsageAsync(report, cancellationToken: CancellationToken.None);
                history.Answered();
                if (Take(report, reply)) return;
            }
            catch (RpcException failure) when (Relay.IsUnknown(failure))
            {
                history.NotAnswered();
            }

            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }

    private ReportUsageRequest? Next()
    {
        long first = Math.Max(_reported + 1, CurrentSlice - GraceSlices + 5);
        if (first >= CurrentSlice) return null;
        var report = new ReportUsageRequest { Coop = Charters.Coop, Meter = Meter, Sequence = _sequence };
        for (long slice = first; slice < CurrentSlice; slice++) report.Slices.Add(new SliceUsage { Slice = slice, Units = _random.Next(500) });
        return report;
    }

    /// <summary>Whether the report is settled.</summary>
    private bool Take(ReportUsageRequest report, ReportUsageReply reply)
    {
        switch (reply.Outcome)
        {
            case ReportOutcome.Accepted or ReportOutcome.Duplicate:
                Accepted += report.Slices.Sum(slice => slice.Units);
                Reports++;
                _reported = report.Slices[^1].Slice;
                _sequence++;
                return true;
            case ReportOutcome.TooLate:
                // Not accepted, so the next report takes its number and leaves the slice out: it is from before the founding.
                _reported = report.Slices[0].Slice;
                return true;
            case ReportOutcome.Future:
                return false;
            default:
                history.Fault($"Report {report.Sequence} of {Home} was answered {reply}");
                return true;
        }
    }
}
