namespace CoopGrid.Domain.Capacity;

/// <summary>
/// What one gate may use of its class's capacity, or what a class has in all. <c>default</c> is nothing.
/// A lease ends by its holder's confirmation or its producer's seal, never by time.
/// </summary>
/// <param name="UnitsPerSecond">Rate, 0 to <see cref="MaxUnits"/>.</param>
/// <param name="BurstUnits">Units that may be admitted at once on top of the rate, 0 to <see cref="MaxUnits"/>.</param>
public readonly record struct Lease(long UnitsPerSecond, long BurstUnits)
{
    /// <summary>The largest rate or burst: their micro-units still leave room to add.</summary>
    public const long MaxUnits = 1_000_000_000_000;

    /// <summary>The smaller rate with the smaller burst.</summary>
    public static Lease Min(Lease a, Lease b) =>
        new(Math.Min(a.UnitsPerSecond, b.UnitsPerSecond), Math.Min(a.BurstUnits, b.BurstUnits));

    /// <summary>The larger rate with the larger burst.</summary>
    public static Lease Max(Lease a, Lease b) =>
        new(Math.Max(a.UnitsPerSecond, b.UnitsPerSecond), Math.Max(a.BurstUnits, b.BurstUnits));

    public static Lease operator +(Lease a, Lease b) =>
        new(a.UnitsPerSecond + b.UnitsPerSecond, a.BurstUnits + b.BurstUnits);

    public static Lease operator -(Lease a, Lease b) =>
        new(a.UnitsPerSecond - b.UnitsPerSecond, a.BurstUnits - b.BurstUnits);

    /// <summary>Whether neither rate nor burst is above <paramref name="other"/>'s.</summary>
    public bool IsWithin(Lease other) => UnitsPerSecond <= other.UnitsPerSecond && BurstUnits <= other.BurstUnits;

    internal Lease Checked()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(UnitsPerSecond);
        ArgumentOutOfRangeException.ThrowIfNegative(BurstUnits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(UnitsPerSecond, MaxUnits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BurstUnits, MaxUnits);
        return this;
    }
}
