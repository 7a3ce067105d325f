using CoopGrid.Domain.Usage;

namespace CoopGrid.Domain.Tests.Usage;

/// <summary>A window as the specification says it: every slice ever, and sums by looking at all of them.</summary>
internal sealed class WindowOracle(int slices)
{
    private readonly Dictionary<long, long> _all = [];

    public long Newest { get; private set; } = long.MinValue;

    /// <summary>As of a class's window: what the windows of this slice and later ones need is held. It never goes back.</summary>
    public long KeptFor { get; set; } = long.MaxValue;

    public long Usage => UsageAt(Newest);

    public IEnumerable<SliceUnits> Held =>
        _all.Where(s => s.Value != 0 && IsHeld(s.Key)).OrderBy(s => s.Key).Select(s => new SliceUnits(s.Key, s.Value));

    public void Roll(long slice) => Newest = Math.Max(Newest, slice);

    public bool Add(long slice, long units)
    {
        if (!IsHeld(slice)) return false;
        Roll(slice);
        _all[slice] = UnitsIn(slice) + units;
        return true;
    }

    /// <summary>Whether units may be added to the slice.</summary>
    public bool IsHeld(long slice) => IsAfter(slice, Math.Min(Newest, KeptFor));

    public bool IsInWindow(long slice) => IsAfter(slice, Newest);

    public long UsageAt(long slice) => _all.Where(s => s.Key <= slice && IsAfter(s.Key, slice)).Sum(s => s.Value);

    public long UnitsIn(long slice) => _all.GetValueOrDefault(slice);

    // Whether a slice has not left the window of another one.
    private bool IsAfter(long slice, long newest) => slice > (Int128)newest - slices;
}
