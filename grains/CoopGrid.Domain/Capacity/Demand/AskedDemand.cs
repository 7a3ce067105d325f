using CoopGrid.Model;

namespace CoopGrid.Domain.Capacity;

/// <summary>
/// What a gate asks its class for, exchange by exchange; for protected demand and for that of the other bands each by itself:
/// 1. It is the mean of what came since demand last moved, and of the last 1.6 s if that is longer ago: chance moves a few requests from one
///    short interval to the next, and a lease that followed it would always have capacity on its way between gates.
/// 2. Demand has moved when an interval is off by more than four standard deviations of what is chance, or when there was none. Then what
///    came in that interval is asked for at once. Chance is the largest of
///    a) requests that come by chance, each by itself: known from their sizes;
///    b) what intervals differed by lately: callers that ask in step (all of a gate's, up to half a second apart) make few intervals full
///       and the others empty, and that is seen to be their way.
/// 3. A rise that falls back within half a second was a burst. The fall is not followed: what is asked for is the mean since the rise, which comes
///    down to that of callers in step until their next burst; and a deviation like it is chance from now on, until 2b knows better.
/// 4. Demand has also moved when all that came within 300 ms is off the mean, with these in it, by more than a deviation and a half or so (√2) of
///    its chance: then the mean of these is asked for. To be wrong costs little then, and small gates are followed before 1.6 s are over.
/// 5. Who waits counts when the wait begins, not when it is over.
/// 6. Units that wait at three exchanges in a row are asked for on top, within a tenth of a second: the mean of a demand that comes by chance is not
///    enough for it. Those that wait after a burst are gone by then.
/// 7. What comes within less than <see cref="ShortestMicros"/> is to be counted with what follows: a gate that loses much reports again at once.
/// </summary>
/// <param name="plan">The class's plan; another one needs an asker of its own.</param>
public sealed class AskedDemand(CapacityPlan plan)
{
    /// <summary>The shortest interval worth looking at, in microseconds: shorter ones are nearly all empty when callers ask in step.</summary>
    public const long ShortestMicros = 40_000;

    // Thousandths of a unit per second: what is rounded off in each interval would be much of a small rate.
    private const long Mills = 1000;
    private const long WaitingMicros = 100_000;
    private const long MostMills = Lease.MaxUnits * Mills * Mills;

    private readonly DemandMoves _protected = new();
    private readonly DemandMoves _others = new();
    private readonly long[] _rates = new long[GateDemand.Length(plan.Lanes)];
    private readonly long[] _came = new long[GateDemand.Length(plan.Lanes)];
    private readonly long[] _watched = new long[GateDemand.Length(plan.Lanes)];
    private readonly long[] _waiting = new long[GateDemand.Length(plan.Lanes)];
    private readonly long[] _waitedBefore = new long[GateDemand.Length(plan.Lanes)];

    /// <summary>What to ask for after an interval.</summary>
    /// <param name="latest">What was asked in it, and is decided.</param>
    /// <param name="waiting">Units that wait at its end, by lane and band.</param>
    /// <param name="elapsedMicros">The interval's length, above 0.</param>
    public GateDemand Next(DemandSnapshot latest, ReadOnlySpan<long> waiting, long elapsedMicros)
    {
        long[] asked = new long[_rates.Length];
        for (int at = 0; at < asked.Length; at++)
        {
            // Rule 5: what was decided without those who waited before, and those who wait now.
            _came[at] = Math.Max(0, latest.Demanded(at / Bands.Count, at % Bands.Count) + waiting[at] - _waiting[at]);

            // Rule 6.
            long still = Math.Min(waiting[at], Math.Min(_waiting[at], _waitedBefore[at]));
            asked[at] = PerSecond(still, WaitingMicros);
            (_waitedBefore[at], _waiting[at]) = (_waiting[at], waiting[at]);
        }

        Follow(_protected, latest, elapsedMicros, Bands.Protected, 1);
        Follow(_others, latest, elapsedMicros, Bands.Protected + 1, Bands.Count);
        for (int at = 0; at < asked.Length; at++) asked[at] = (asked[at] + _rates[at] + Mills - 1) / Mills;
        return new(asked);
    }

    /// <summary>Follows the demand of these bands.</summary>
    private void Follow(DemandMoves moves, DemandSnapshot latest, long elapsedMicros, int fromBand, int toBand)
    {
        long units = 0, decided = latest.Units;
        for (int at = 0; at < _came.Length; at++) units += IsWithin(at, fromBand, toBand) ? _came[at] : 0;

        // Requests of all bands, and those that wait, are taken to be of like sizes.
        UInt128 squares = decided > 0 ? latest.Squares * (ulong)units / (ulong)decided : moves.SquaresOf((ulong)units);
        long watched = moves.WatchedMicros + elapsedMicros;
        DemandMove move = moves.Next((ulong)units, squares, elapsedMicros);
        long since = moves.SinceMicros, part = Math.Min(elapsedMicros, since);
        for (int at = 0; at < _came.Length; at++)
        {
            if (!IsWithin(at, fromBand, toBand) || (_came[at] == 0 && _watched[at] == 0 && _rates[at] == 0)) continue;
            _watched[at] = _came[at] + (move == DemandMove.Now ? 0 : _watched[at]);
            _rates[at] = move switch
            {
                DemandMove.Now => PerSecond(_came[at], elapsedMicros),
                DemandMove.Lately => PerSecond(_watched[at], watched),
                _ => Integers.MulDivFloor(_rates[at], since - part, since) + Integers.MulDivFloor(PerSecond(_came[at], elapsedMicros), part, since),
            };
            if (moves.WatchedMicros == 0) _watched[at] = 0;
        }
    }

    private static bool IsWithin(int at, int fromBand, int toBand) => at % Bands.Count >= fromBand && at % Bands.Count < toBand;

    /// <summary>In thousandths.</summary>
    private static long PerSecond(long units, long micros) => (long)Int128.Min((Int128)units * Mills * 1_000_000 / micros, MostMills);
}
