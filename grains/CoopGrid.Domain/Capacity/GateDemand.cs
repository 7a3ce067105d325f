namespace CoopGrid.Domain.Capacity;

/// <summary>
/// What one gate asks for, in units per second, by tier: the lower the tier, the earlier it is given.
/// </summary>
/// <param name="Tiers">
/// Tier 0 is what lanes ask of their floors; tier 1 the protected rest; tiers 2 to 61 the rest of bands 1 to 60; tier 62 bulk.
/// Each ≥ 0. <c>null</c> (as in <c>default</c>) asks for nothing.
/// </param>
public readonly record struct GateDemand(long[] Tiers)
{
    /// <summary>How many tiers there are.</summary>
    public const int TierCount = Bands.Count + 1;

    /// <summary>The tier of demand beyond floors.</summary>
    public static int TierOf(int band) => band + 1;
}
