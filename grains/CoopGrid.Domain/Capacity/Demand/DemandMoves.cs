namespace CoopGrid.Domain.Capacity;

/// <summary>What an interval says of a gate's demand.</summary>
internal enum DemandMove
{
    /// <summary>As far as chance lets one see, it is what it was.</summary>
    None,

    /// <summary>It has moved in this interval.</summary>
    Now,

    /// <summary>It has moved since the running watch began, which ends with this interval.</summary>
    Lately,
}

/// <summary>
/// Tells moves of a gate's demand from chance, by all that comes in each interval: rules 2 to 4 of <see cref="AskedDemand"/>. Rates here are in
/// millionths of a unit per second, and their squares' sums in squares per second.
/// </summary>
internal sealed class DemandMoves
{
    /// <summary>The mean is taken over so long, or since demand has moved.</summary>
    public const long MeanMicros = 1_600_000;

    private const long WatchMicros = 300_000;
    private const long LongestBurstMicros = 550_000;
    private const long Micro = 1_000_000;

    // Squares of how many standard deviations are too many. A watch that is wrong costs little: its own mean is not bad either.
    private const uint NowSquared = 16;
    private const uint LatelySquared = 2;

    private UInt128 _rate;
    private UInt128 _squares;

    // Mean square of the steps from one interval to the next, halved: what intervals are off by, whatever the mean is.
    private UInt128 _steps;
    private UInt128 _last;
    private long _sinceRise = LongestBurstMicros;

    // What came in the running watch.
    private UInt128 _watchedUnits;
    private UInt128 _watchedSquares;
    private uint _watched;

    /// <summary>Over how long the mean is taken by now.</summary>
    public long SinceMicros { get; private set; }

    /// <summary>How long the running watch is; 0 if it begins with the next interval.</summary>
    public long WatchedMicros { get; private set; }

    /// <summary>Sum of the squares of so many units, if they are of requests like those before; 0 if there were none.</summary>
    public UInt128 SquaresOf(ulong units) => _rate == 0 ? 0 : _squares * units * Micro / _rate;

    /// <summary>Takes in an interval.</summary>
    /// <param name="units">Units that came.</param>
    /// <param name="squares">The sum of their requests' squares.</param>
    /// <param name="micros">The interval's length, above 0.</param>
    public DemandMove Next(ulong units, UInt128 squares, long micros)
    {
        bool now = MovesNow(units, squares, micros);
        if (now) Watch();
        _watchedUnits += units;
        _watchedSquares += squares;
        _watched++;
        WatchedMicros += micros;
        bool ends = WatchedMicros >= WatchMicros;
        bool lately = !now && ends && MovedLately();
        if (now || lately)
        {
            SinceMicros = Math.Min(WatchedMicros, MeanMicros);
            _rate = _watchedUnits * Micro * Micro / (ulong)WatchedMicros;
            _squares = _watchedSquares * Micro / (ulong)WatchedMicros;
        }
        else
        {
            SinceMicros = Math.Min(SinceMicros + micros, MeanMicros);
            long part = Math.Min(micros, SinceMicros);
            _rate = Mean(_rate, units * (UInt128)Micro * Micro / (ulong)micros, part, SinceMicros);
            _squares = Mean(_squares, squares * Micro / (ulong)micros, part, SinceMicros);
        }

        if (now || ends) Watch();
        return now ? DemandMove.Now : lately ? DemandMove.Lately : DemandMove.None;
    }

    private bool MovesNow(ulong units, UInt128 squares, long micros)
    {
        UInt128 step = Difference(units, _last * (ulong)micros / Micro);
        _last = units * (UInt128)Micro / (ulong)micros;
        _sinceRise = Math.Min(_sinceRise + micros, LongestBurstMicros);
        UInt128 due = Due(_rate, micros), off = Difference(units, due);
        UInt128 chance = UInt128.Max(UInt128.Max(_squares * (ulong)micros / Micro, squares), _steps);
        bool moved = _rate == 0 || off * off > NowSquared * chance;
        if (moved && units > due) _sinceRise = 0;
        else if (moved && _sinceRise < LongestBurstMicros)
        {
            // Rule 3.
            moved = false;
            _steps = UInt128.Max(_steps, off * off / (NowSquared / 4));
        }

        if (!moved) _steps = Mean(_steps, step * step / 2, Math.Min(micros, MeanMicros), MeanMicros);
        return moved;
    }

    private bool MovedLately()
    {
        UInt128 off = Difference(_watchedUnits, Due(_rate, WatchedMicros));
        UInt128 chance = UInt128.Max(_squares * (ulong)WatchedMicros / Micro, _watchedSquares);
        return off * off > LatelySquared * UInt128.Max(chance, _steps * _watched);
    }

    private void Watch()
    {
        (_watchedUnits, _watchedSquares, _watched, WatchedMicros) = (0, 0, 0, 0);
    }

    private static UInt128 Due(UInt128 rate, long micros) => rate * (ulong)micros / Micro / Micro;

    private static UInt128 Difference(UInt128 a, UInt128 b) => a > b ? a - b : b - a;

    private static UInt128 Mean(UInt128 before, UInt128 now, long part, long of) => ((before * (ulong)(of - part)) + (now * (ulong)part)) / (ulong)of;
}
