using CoopGrid.Domain.Capacity;
using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>Which seconds' tickets may be redeemed: the class has set their room aside.</summary>
/// <param name="From">The first of them, counted from the Unix epoch.</param>
/// <param name="Through">The last; 0: none.</param>
public readonly record struct BackedSeconds(long From, long Through)
{
    public bool Holds(long second) => second >= From && second <= Through;
}

/// <summary>
/// What a class sets aside of its capacity for tickets (SPEC.md §8, C1). A ticket is its own room: it is used once, in its own window, so all that
/// tickets can admit in a span is known beforehand, wherever in the cluster they are redeemed. So no gate holds room for them; leases are cut by it, and
/// gates are told for which seconds that has been done.
/// With X = the units of a second's tickets, w = the longest wait of any lane, σ = <see cref="SkewMs"/>, by which silos' clocks may differ:
/// <list type="number">
/// <item>All windows that a span of length L touches are at most L + 2 + 2w + 2σ seconds'. So a bucket that X flows into each second and that holds
/// <c>depth(X) = X · (2 + 2w + 2σ)</c> covers the tickets of all of them.</item>
/// <item>The bucket is what leases leave: set aside is (x, depth(x)), x the largest X of the seconds that run, or begin within <see cref="LeadMs"/>. It starts empty and
/// is full after <c>FillMs = 2 + 2w + 2σ</c> seconds in which no gate used what is set aside.</item>
/// <item>A second is backed, and its tickets may be redeemed, once what the gates left free has been enough for it, in rate and burst, for that long without a break.
/// Gates are told <see cref="ToldMs"/> ahead, so a class that is lost and found again in between is not missed.</item>
/// <item>Never over: what gates may use and what is set aside are together at most (C, B).</item>
/// <item>Tickets of one second are at most what half of B covers (<see cref="BackedBy"/>), so ordinary requests keep the other half.</item>
/// </list>
/// One for each activation of the class: a new one knows nothing of what was free before it.
/// </summary>
public sealed class TicketReserve
{
    /// <summary>How far ahead gates are told, in ms.</summary>
    public const int ToldMs = 10_000;

    /// <summary>By how much a silo's clock may differ from the class's while it is told anything, in ms.</summary>
    public const int SkewMs = 250;

    // In which gates give back what is to be set aside.
    private const int ConfirmMs = 1000;

    private readonly LinkedList<(long Micros, long Units)> _free = [];
    private long _sinceMicros = long.MinValue;
    private long _lastUnits;

    /// <summary>How long before a second its room is set aside, in ms.</summary>
    public static long LeadMs(int longestWaitMs) => ToldMs + ConfirmMs + FillMs(longestWaitMs);

    /// <summary>How long before its second a ticket is issued at least, in ms.</summary>
    public static long AheadMs(int longestWaitMs) => LeadMs(longestWaitMs) + 1000;

    /// <summary>How long the reserve takes to be full, in ms.</summary>
    public static long FillMs(int longestWaitMs) => 2000 + (2L * longestWaitMs) + (2 * SkewMs);

    /// <summary>Tickets of how many units a second a burst covers.</summary>
    public static long BackedBy(long burstUnits, int longestWaitMs) => Integers.MulDivFloor(burstUnits, 1000, FillMs(longestWaitMs));

    /// <summary>What is to be set aside at a moment.</summary>
    public static Lease Aside(SecondLoads loads, int longestWaitMs, Instant now)
    {
        long units = 0;
        long through = Integers.FloorDiv(now.UnixMs + LeadMs(longestWaitMs), 1000);
        for (long second = FirstOf(longestWaitMs, now); second <= through; second++) units = Math.Max(units, loads.TicketUnits(second));
        long depth = Integers.MulDivFloor(units, FillMs(longestWaitMs), 1000);
        return new(Math.Min(units, Lease.MaxUnits), Math.Min(units == 0 ? 0 : depth + 1, Lease.MaxUnits));
    }

    /// <summary>Notes what gates leave free, and says which seconds' tickets that backs. Call every look, after anything changed what is set aside.</summary>
    /// <param name="free">What no gate may be using; null while a gate that may use something has not been heard of.</param>
    /// <param name="micros">The class's monotonic clock.</param>
    /// <param name="now">The same moment.</param>
    public BackedSeconds Look(Lease? free, SecondLoads loads, int longestWaitMs, long micros, Instant now)
    {
        long units = free is { } left ? Math.Min(left.UnitsPerSecond, BackedBy(left.BurstUnits, longestWaitMs)) : 0;
        if (_sinceMicros == long.MinValue) _sinceMicros = micros;

        // The lesser of two looks was free between them; of those times the least of the last FillMs counts, and later and lower ones put earlier ones out.
        long least = Math.Min(_lastUnits, units);
        _lastUnits = units;
        while (_free.Last is { } last && last.Value.Units >= least) _free.RemoveLast();
        _free.AddLast((micros, least));
        long began = micros - (FillMs(longestWaitMs) * 1000);
        while (_free.First!.Value.Micros <= began) _free.RemoveFirst();
        long backed = _sinceMicros > began ? 0 : _free.First.Value.Units;

        long first = FirstOf(longestWaitMs, now), through = first - 1;
        long furthest = Integers.FloorDiv(now.UnixMs + ToldMs, 1000);
        while (through < furthest && loads.TicketUnits(through + 1) <= backed) through++;
        return new(first, through);
    }

    /// <summary>The first second whose tickets may still be good somewhere.</summary>
    private static long FirstOf(int longestWaitMs, Instant now) => Integers.FloorDiv(now.UnixMs - longestWaitMs - SkewMs, 1000);
}
