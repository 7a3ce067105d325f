using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Months;

/// <summary>
/// Three meters of each home: of the house, which reports every hour that has ended; of the garage, a part of whose report is past its grace, in this week or the
/// one before; of the attic, which reports five days late. A report is repeated until its fate is known.
/// </summary>
internal sealed class MonthMeters(MonthGrid grid)
{
    private static readonly (string Name, int Every, long Behind, int Most)[] Kinds = [("house", 1, 0, 14), ("garage", 3, 12, 4), ("attic", 4, 120, 5)];

    private readonly Random _random = new(7);
    private readonly Dictionary<string, (long Reported, long Sequence)> _meters = [];
    private readonly List<string> _homes = [.. MonthCharter.HomeNames];
    private int _rounds;

    private long LastEnded => (grid.Now.ToUnixTimeMilliseconds() / MonthCharter.SliceMs) - 1;

    public async Task RegisterAsync()
    {
        foreach (string home in _homes)
        {
            foreach ((string kind, _, _, _) in Kinds)
            {
                _meters[MeterOf(home, kind)] = (LastEnded, 0);
                await grid.Answered($"the {kind}'s meter of {home}", door => door.Members.RegisterMeterAsync(
                    new() { Coop = Charters.Coop, Member = home, Meter = MeterOf(home, kind) }).ResponseAsync);
            }
        }
    }

    /// <summary>Reports what is due since the last time.</summary>
    public async Task ReportAsync()
    {
        _rounds++;
        foreach (string home in _homes)
        {
            foreach ((string kind, int every, long behind, int most) in Kinds)
            {
                if (_rounds % every == 0 && Next(MeterOf(home, kind), behind, most) is { } report) await ReportAsync(report);
            }
        }
    }

    /// <summary>A home has left: its meters report nothing any more.</summary>
    public async Task LeaveAsync(string home)
    {
        _homes.Remove(home);
        ReportUsageRequest report = Next(MeterOf(home, "garage"), 0, 9)!;
        ReportUsageReply reply = await grid.Answered($"a report of {home}, which has left", door => door.Metering.ReportUsageAsync(report).ResponseAsync);
        Assert.True(reply.Outcome is ReportOutcome.MeterUnknown or ReportOutcome.MemberNotActive, $"{home} has left, and its report is answered {reply}.");
    }

    /// <summary>
    /// Waits until all but the last few hours' slices are closed. A bank looks at a window's slices: if slices went on for longer than that while none is
    /// closed, members would save nothing for some.
    /// </summary>
    public Task ClosedAsync()
    {
        long wanted = LastEnded - 24 - 20, closed = 0;
        return Until.True(
            async () =>
            {
                MeanHistory history = await grid.Answered(
                    "the homes' slices", door => door.Classes.GetMeanHistoryAsync(new() { Coop = Charters.Coop, Class = MonthCharter.Homes }).ResponseAsync);
                closed = history.Points.Count == 0 ? long.MinValue : history.Points[^1].Slice;
                return closed >= wanted || history.Points.Count == 0;
            },
            () => $"slice {wanted} closed; the last one is {closed}; {grid.Log}");
    }

    private async Task ReportAsync(ReportUsageRequest report)
    {
        ReportUsageReply? reply = null;
        await Until.True(
            async () =>
            {
                reply = await grid.Answered($"a report of {report.Meter}", door => door.Metering.ReportUsageAsync(report).ResponseAsync);

                // A silo whose clock is behind calls it the future, for a moment.
                return reply.Outcome is ReportOutcome.Accepted or ReportOutcome.Duplicate;
            },
            () => $"a report of {report.Meter} that is accepted; last was {reply}; {grid.Log}");
        _meters[report.Meter] = (report.Slices[^1].Slice, report.Sequence);
    }

    private ReportUsageRequest? Next(string meter, long behind, int most)
    {
        (long reported, long sequence) = _meters[meter];
        long last = LastEnded - behind;
        if (last <= reported) return null;
        var report = new ReportUsageRequest { Coop = Charters.Coop, Meter = meter, Sequence = sequence + 1 };
        for (long slice = reported + 1; slice <= last; slice++) report.Slices.Add(new SliceUsage { Slice = slice, Units = _random.Next(most) });
        return report;
    }

    private static string MeterOf(string home, string kind) => $"{kind} of {home}";
}
