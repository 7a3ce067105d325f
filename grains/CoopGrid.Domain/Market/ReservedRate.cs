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

    /// <summary>What a member holds of a slot.</summary>
    public static ReservedRate Of(SlotTerms terms, long heldUnitsPerSecond, CapacityPolicy capacity) =>
        heldUnitsPerSecond == 0 ? default : new(heldUnitsPerSecond, BurstOf(heldUnitsPerSecond, capacity), terms.Starts, terms.Seconds);

    /// <summary>
    /// The burst of a rate above 0: half of its part of the class's, as of a lane's floor, so that enough is left to lend out; at least one unit and at
    /// most one second of the rate: so all reservations together can be used at once as far as B allows, and what is unused for a second is certainly lent.
    /// </summary>
    public static long BurstOf(long unitsPerSecond, CapacityPolicy capacity)
    {
        Int128 part = (Int128)capacity.BurstUnits * unitsPerSecond / (2 * (Int128)capacity.UnitsPerSecond);
        return (long)Int128.Max(1, Int128.Min(part, unitsPerSecond));
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
