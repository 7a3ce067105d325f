namespace CoopGrid.Domain.Tests.Usage;

/// <summary>A window as the specification says it: every slice ever, and sums by looking at all of them.</summary>
internal sealed class WindowOracle(int slices)
{
    private readonly Dictionary<long, long> _all = [];

    public long Newest { get; private set; } = long.MinValue;

    public long Usage => UsageAt(Newest);

    public void Roll(long slice) => Newest = Math.Max(Newest, slice);

    public bool Add(long slice, long units)
    {
        if (Newest != long.MinValue && slice <= Newest - slices) return false;
        Roll(slice);
        _all[slice] = UnitsIn(slice) + units;
        return true;
    }

    public long UsageAt(long slice) => _all.Where(s => s.Key <= slice && s.Key > slice - slices).Sum(s => s.Value);

    public long UnitsIn(long slice) => _all.GetValueOrDefault(slice);
}
