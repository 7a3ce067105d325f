using CoopGrid.Model;

namespace CoopGrid.Domain.Capacity;

/// <summary>
/// What a gate asks its class for, exchange by exchange.
/// 1. Chance moves a few requests from one short interval to the next; a lease that followed it would always have capacity on its way
///    between gates. So what is measured enters with its part of 800 ms, unless it is off by more than four standard deviations of
///    requests that come by chance: then demand has moved, and is followed at once.
/// 2. Who waits is asked for on top, within a tenth of a second: it is counted only when its wait is over.
/// </summary>
/// <param name="plan">The class's plan; another one needs an asker of its own.</param>
public sealed class AskedDemand(CapacityPlan plan)
{
    private const long FollowMicros = 800_000;
    private const long WaitingMicros = 100_000;
    private const int Deviations = 4;

    private readonly long[] _rates = new long[GateDemand.Length(plan.Lanes)];
    private long _rate;

    // Squares of units per second.
    private UInt128 _squares;

    /// <summary>What to ask for after an interval.</summary>
    /// <param name="latest">What was asked in it.</param>
    /// <param name="waiting">Units that wait, by lane and band.</param>
    /// <param name="elapsedMicros">The interval's length, above 0.</param>
    public GateDemand Next(DemandSnapshot latest, ReadOnlySpan<long> waiting, long elapsedMicros)
    {
        long part = HasMoved(latest, elapsedMicros) ? FollowMicros : Math.Min(elapsedMicros, FollowMicros);
        for (int lane = 0; lane < plan.Lanes; lane++)
        {
            for (int band = 0; band < Bands.Count; band++)
            {
                ref long rate = ref _rates[GateDemand.At(lane, band)];
                long now = latest.Demanded(lane, band);
                if (now != 0 || rate != 0) rate = Towards(rate, PerSecond(now, elapsedMicros), part);
            }
        }

        _rate = Towards(_rate, PerSecond(latest.Units, elapsedMicros), part);
        UInt128 squares = latest.Squares * 1_000_000 / (ulong)elapsedMicros;
        _squares = ((_squares * (ulong)(FollowMicros - part)) + (squares * (ulong)part)) / (ulong)FollowMicros;

        long[] asked = [.. _rates];
        for (int i = 0; i < asked.Length; i++) asked[i] += waiting[i] == 0 ? 0 : PerSecond(waiting[i], WaitingMicros);
        return new(asked);
    }

    private bool HasMoved(DemandSnapshot latest, long elapsedMicros)
    {
        if (_rate == 0) return true;
        Int128 off = latest.Units - ((Int128)_rate * elapsedMicros / 1_000_000);
        UInt128 before = _squares * (ulong)elapsedMicros / 1_000_000;
        return (UInt128)(off * off) > Deviations * Deviations * UInt128.Max(before, latest.Squares);
    }

    private static long Towards(long before, long now, long part) =>
        Integers.MulDivFloor(before, FollowMicros - part, FollowMicros) - Integers.MulDivFloor(-now, part, FollowMicros);

    private static long PerSecond(long units, long micros) => -Integers.MulDivFloor(-units, 1_000_000, micros);
}
