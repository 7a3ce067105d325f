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

    /// <summary>
    /// What to ask for after <paramref name="latest"/> was measured, when this was asked for before. Chance moves a few requests
    /// from one short interval to the next; a lease that followed it would always have capacity on its way between gates. So small changes
    /// are followed by an eighth, and a demand that has doubled or halved at once.
    /// </summary>
    public GateDemand Follow(GateDemand latest)
    {
        long before = Total(Tiers), now = Total(latest.Tiers);
        if (now >= 2 * before || before >= 2 * now) return latest;
        var tiers = new long[TierCount];
        for (int i = 0; i < TierCount; i++) tiers[i] = ((7 * At(Tiers, i)) + At(latest.Tiers, i) + 7) / 8;
        return new(tiers);
    }

    private static long Total(long[]? tiers) => tiers?.Sum() ?? 0;

    private static long At(long[]? tiers, int tier) => tiers is not null && tier < tiers.Length ? tiers[tier] : 0;
}
