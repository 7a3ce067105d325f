namespace CoopGrid.Model;

/// <summary>
/// The capacity market of a class (SPEC.md §7). Ranges are held by <c>MarketRules</c>; the rules assume a valid policy. The default
/// sells nothing.
/// </summary>
[GenerateSerializer, Immutable, Alias("coopgrid.MarketPolicy")]
public sealed record MarketPolicy
{
    /// <summary>Length of a slot in ms: a whole number of seconds, 1 s to a day. Slot 0 starts at the Unix epoch.</summary>
    [Id(0)] public long SlotMs { get; init; } = 300_000;

    /// <summary>How long before its start a slot's gate closes, in ms: 0 to 7 days, less than <see cref="AheadMs"/>.</summary>
    [Id(1)] public long GateClosureMs { get; init; } = 60_000;

    /// <summary>How long before its start a slot is first open for bids, in ms: 1 s to 366 days.</summary>
    [Id(2)] public long AheadMs { get; init; } = 7 * 86_400_000L;

    /// <summary>The share of C that can be sold per slot, in per-mille: 0 (no market) to 999, with the lanes' guarantees at most 1000.</summary>
    [Id(3)] public int SellablePermille { get; init; }

    /// <summary>The lowest price, in micro-credits per unit: 0 to 10¹².</summary>
    [Id(4)] public long ReservePrice { get; init; }

    /// <summary>The most that one member can hold of a slot, in units/s: 1 to 10¹²; 0 = all that can be sold.</summary>
    [Id(5)] public long MemberCapUnitsPerSecond { get; init; }

    /// <summary>The least multiplier of units beyond a member's own reservation while its slot runs, in per-mille: 1000 to 1,000,000.</summary>
    [Id(6)] public int OveragePermille { get; init; } = 1000;

    /// <summary>The slot that holds an instant.</summary>
    public long SlotAt(Instant at) => Integers.FloorDiv(at.UnixMicroseconds, SlotMs * 1000);

    /// <summary>The first instant of a slot.</summary>
    public Instant StartOf(long slot) => Instant.FromUnixMs(slot * SlotMs);

    /// <summary>When slots start, from the slot that holds an instant on, without end.</summary>
    public IEnumerable<Instant> StartsFrom(Instant at)
    {
        for (long slot = SlotAt(at); ; slot++) yield return StartOf(slot);
    }

    /// <summary>The first instant at which a slot's gate is closed.</summary>
    public Instant GateCloses(long slot) => StartOf(slot).PlusMs(-GateClosureMs);

    /// <summary>The first instant at which a slot may be bid for.</summary>
    public Instant Opens(long slot) => StartOf(slot).PlusMs(-AheadMs);
}
