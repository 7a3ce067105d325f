namespace CoopGrid.Domain.Capacity;

/// <summary>
/// The order in which requests give way when demand exceeds capacity: the higher the band, the earlier. Each bucket keeps a
/// part of its burst back from each band, its threshold:
/// 1. protected requests may draw a bucket empty;
/// 2. a quarter of the bucket is kept for them alone: the threshold of band 1;
/// 3. thresholds rise evenly from there to half the bucket at bulk.
/// So in a lasting overload the level hovers at the threshold of the marginal band: better ones find room, worse ones none.
/// </summary>
public static class Bands
{
    /// <summary>At or below the mean, or within the baseline.</summary>
    public const int Protected = 0;

    /// <summary>The furthest above the mean.</summary>
    public const int Worst = 60;

    /// <summary>Bulk lanes, whatever the standing.</summary>
    public const int Bulk = 61;

    /// <summary>How many bands there are.</summary>
    public const int Count = 62;

    /// <summary>How much of a bucket of <paramref name="cap"/> requests of <paramref name="band"/> must leave untouched.</summary>
    public static long Threshold(long cap, int band)
    {
        if (band == Protected) return 0;
        (long wholes, long rest) = Math.DivRem(cap, 240);
        return (wholes * (59 + band)) + (rest * (59 + band) / 240);
    }
}
