using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;

namespace CoopGrid.Silo.Tests.Months;

/// <summary>Meters that report every hour that has ended. A report is repeated until its fate is known.</summary>
internal sealed class MonthMeters(MonthGrid grid)
{
    private readonly Random _random = new(7);
    private readonly long[] _reported = new long[MonthCharter.HomeNames.Length];
    private readonly long[] _sequence = new long[MonthCharter.HomeNames.Length];

    private long LastEnded => (grid.Now.ToUnixTimeMilliseconds() / MonthCharter.SliceMs) - 1;

    public async Task RegisterAsync()
    {
        for (int home = 0; home < _reported.Length; home++)
        {
            _reported[home] = LastEnded;
            await grid.Answered($"the meter of {Name(home)}", door => door.Members.RegisterMeterAsync(
                new() { Coop = Charters.Coop, Member = Name(home), Meter = $"meter of {Name(home)}" }).ResponseAsync);
        }
    }

    /// <summary>Reports what has ended since the last time.</summary>
    public async Task ReportAsync()
    {
        for (int home = 0; home < _reported.Length; home++)
        {
            long last = LastEnded;
            if (last <= _reported[home]) continue;
            var report = new ReportUsageRequest { Coop = Charters.Coop, Meter = $"meter of {Name(home)}", Sequence = _sequence[home] + 1 };
            for (long slice = _reported[home] + 1; slice <= last; slice++) report.Slices.Add(new SliceUsage { Slice = slice, Units = _random.Next(12) });
            ReportUsageReply? reply = null;
            await Until.True(
                async () =>
                {
                    reply = await grid.Answered($"a report of {Name(home)}", door => door.Metering.ReportUsageAsync(report).ResponseAsync);

                    // A silo whose clock is behind calls it the future, for a moment.
                    return reply.Outcome is ReportOutcome.Accepted or ReportOutcome.Duplicate;
                },
                () => $"a report of {Name(home)} that is accepted; last was {reply}; {grid.Log}");
            (_reported[home], _sequence[home]) = (last, _sequence[home] + 1);
        }
    }

    private static string Name(int home) => MonthCharter.HomeNames[home];
}
