using CoopGrid.Domain.Market;

namespace CoopGrid.Domain.Capacity;

/// <summary>
/// What a gate asks its class to keep for reservations: those of the holders whose requests were decided there while the slot runs, since a holder may ask at
/// any silo, and only its home takes room.
/// <list type="number">
/// <item>Of the burst: all that these holders may use at once. It is asked for to the end of the slot, and for the next one by those who hold that too.</item>
/// <item>Of the rate: what they used in the mean of the last second, and enough on top to fill what is missing in their floor within
/// <see cref="RefillMicros"/>; never more than they hold together, and never nothing while they hold something. So what they leave is not kept idle at
/// their gate, and what they use at once is soon there again.</item>
/// <item>A holder that comes asks with its whole burst missing: for its whole rate, until its floor has been full.</item>
/// </list>
/// Not thread-safe.
/// </summary>
public sealed class ReservedNeed
{
    /// <summary>In which time what is missing is to flow in, in microseconds: a few exchanges.</summary>
    public const long RefillMicros = 200_000;

    private const long MeanMicros = 1_000_000;

    private readonly HashSet<string> _homes = new(StringComparer.Ordinal);
    private SlotReservations? _slot;
    private long _came;
    private long _microUnitsPerSecond;

    /// <summary>What the holders that have asked here hold together: rate and burst.</summary>
    public Lease Held { get; private set; }

    /// <summary>A holder asked under its reservation, and was admitted for so many units; 0 if it waits or was refused.</summary>
    public void Count(SlotReservations slot, string member, long units)
    {
        Follow(slot);
        _came += units;
        if (ReferenceEquals(slot, _slot)) Add(member);
    }

    /// <summary>The slot that runs; null if none with reservations does. Slots never go back.</summary>
    public void Follow(SlotReservations? running)
    {
        if (ReferenceEquals(running, _slot) || (running is not null && _slot is not null && running.Starts < _slot.Starts)) return;
        string[] homes = [.. _homes];
        _homes.Clear();
        (Held, _slot) = (default, running);
        foreach (string member in homes) Add(member);
    }

    /// <summary>What to ask for after an interval.</summary>
    /// <param name="levelMicroUnits">What is in the reservations' floor.</param>
    /// <param name="waitingUnits">Reserved units that wait.</param>
    /// <param name="elapsedMicros">The interval's length, above 0.</param>
    public Lease Next(long levelMicroUnits, long waitingUnits, long elapsedMicros)
    {
        long part = Math.Min(elapsedMicros, MeanMicros);
        long came = (long)Int128.Min((Int128)_came * 1_000_000 * 1_000_000 / elapsedMicros, Lease.MaxUnits * 1_000_000);
        _microUnitsPerSecond = (long)((((Int128)_microUnitsPerSecond * (MeanMicros - part)) + ((Int128)came * part)) / MeanMicros);
        _came = 0;
        if (Held.UnitsPerSecond == 0) return default;

        // Burst that is not granted yet counts as missing too.
        Int128 lack = Int128.Max(((Int128)Held.BurstUnits * 1_000_000) - levelMicroUnits, 0) + ((Int128)waitingUnits * 1_000_000);
        Int128 rate = ((_microUnitsPerSecond + (lack * 1_000_000 / RefillMicros)) / 1_000_000) + 1;
        return Held with { UnitsPerSecond = (long)Int128.Min(rate, Held.UnitsPerSecond) };
    }

    private void Add(string member)
    {
        if (_slot?.RateOf(member) is not { UnitsPerSecond: > 0 } own || !_homes.Add(member)) return;
        Held += new Lease(own.UnitsPerSecond, own.BurstUnits);
    }
}
