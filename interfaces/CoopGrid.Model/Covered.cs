namespace CoopGrid.Model;

/// <summary>What covered a request's units, in the order of covering (SPEC.md §6). Each is ≥ 0; their sum is the request's units.</summary>
/// <param name="Exempt">Units in a surge-exempt lane.</param>
/// <param name="Reserved">Units under the member's reservation.</param>
/// <param name="Baseline">Units within what was left of the member's baseline.</param>
/// <param name="Banked">Units spent from the member's bank.</param>
/// <param name="Surged">The uncovered rest, also while the multiplier is 1000.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.Covered")]
public readonly record struct Covered(
    [property: Id(0)] long Exempt,
    [property: Id(1)] long Reserved,
    [property: Id(2)] long Baseline,
    [property: Id(3)] long Banked,
    [property: Id(4)] long Surged)
{
    /// <summary>All units, however covered.</summary>
    public long Total => Exempt + Reserved + Baseline + Banked + Surged;

    /// <summary>
    /// What remains when <paramref name="units"/> are given back: they return in reverse order of covering, surged first.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">More units than are covered, or fewer than 0.</exception>
    public Covered GiveBack(long units)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(units, Total);
        long left = units;
        long surged = Reduce(Surged, ref left);
        long banked = Reduce(Banked, ref left);
        long baseline = Reduce(Baseline, ref left);
        long reserved = Reduce(Reserved, ref left);
        long exempt = Reduce(Exempt, ref left);
        return new(exempt, reserved, baseline, banked, surged);
    }

    private static long Reduce(long covered, ref long left)
    {
        long taken = Math.Min(covered, left);
        left -= taken;
        return covered - taken;
    }
}
