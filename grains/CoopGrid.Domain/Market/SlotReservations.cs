using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>
/// Who holds what of one slot, as admission goes by it while the slot runs. Immutable; any thread may look.
/// </summary>
public sealed class SlotReservations
{
    private readonly Dictionary<string, ReservedRate> _rates = new(StringComparer.Ordinal);

    /// <param name="version">Which of what was ever told of this slot; a higher one holds.</param>
    /// <param name="starts">When the slot begins.</param>
    /// <param name="seconds">Its length.</param>
    /// <param name="holders">Rate and burst of each holder.</param>
    public SlotReservations(long version, Instant starts, long seconds, IEnumerable<(string Member, long UnitsPerSecond, long BurstUnits)> holders)
    {
        (Version, Starts, Ends) = (version, starts, starts.PlusMs(seconds * 1000));
        foreach ((string member, long rate, long burst) in holders) _rates[member] = new(rate, burst, starts, seconds);
    }

    public long Version { get; }

    public Instant Starts { get; }

    public Instant Ends { get; }

    public bool IsRunning(Instant now) => now >= Starts && now < Ends;

    /// <summary>What the member holds; default if nothing.</summary>
    public ReservedRate RateOf(string member) => _rates.GetValueOrDefault(member);
}
