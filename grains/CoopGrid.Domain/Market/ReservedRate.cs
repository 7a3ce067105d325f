using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>
/// A member's reservation of a slot, as it flows: r units/s, of which b can be used at once. Each unit belongs to a moment of the slot. The holder may
/// use it from b/r seconds before that moment (or the slot's start) until then; from then on it may be lent.
/// </summary>
/// <param name="UnitsPerSecond">r, 0 to 10¹². 0 is no reservation.</param>
/// <param name="BurstUnits">b, 1 to r; 0 without a reservation.</param>
/// <param name="Starts">When the slot begins.</param>
/// <param name="Seconds">Length of the slot; above 0, or 0 without a reservation.</param>
public readonly record struct ReservedRate(long UnitsPerSecond, long BurstUnits, Instant Starts, long Seconds)
{
    internal const long MicroUnits = 1_000_000;

    public Instant Ends => Starts.PlusMs(Seconds * 1000);

    /// <summary>
    /// What a member holds of a slot. Its burst is its part of the class's burst, at least one unit and at most one second of its rate: so all
    /// reservations together can be used at once as far as B allows, and what is unused for a second is certainly lent.
    /// </summary>
    public static ReservedRate Of(SlotTerms terms, long heldUnitsPerSecond, CapacityPolicy capacity)
    {
        if (heldUnitsPerSecond == 0) return default;
        long part = (long)Int128.Min((Int128)capacity.BurstUnits * heldUnitsPerSecond / capacity.UnitsPerSecond, heldUnitsPerSecond);
        return new(heldUnitsPerSecond, Math.Max(1, part), terms.Starts, terms.Seconds);
    }

    /// <summary>Whether the slot runs and something is reserved.</summary>
    public bool IsRunning(Instant now) => UnitsPerSecond > 0 && now >= Starts && now < Ends;

    /// <summary>
    /// What passes between two moments as far as they lie in the slot, in micro-units: rate × microseconds, without rounding.
    /// </summary>
    internal Int128 Passed(Instant from, Instant to)
    {
        long micros = Math.Min(to.UnixMicroseconds, Ends.UnixMicroseconds) - Math.Max(from.UnixMicroseconds, Starts.UnixMicroseconds);
        return micros <= 0 ? 0 : (Int128)micros * UnitsPerSecond;
    }

    /// <summary>The most that the holder can have at a moment of the slot, in micro-units: its burst, but nothing of what would come after the end.</summary>
    internal long MostAt(Instant at) => (long)Int128.Min((Int128)BurstUnits * MicroUnits, Passed(at, Ends));
}
