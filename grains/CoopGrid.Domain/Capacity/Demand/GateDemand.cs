namespace CoopGrid.Domain.Capacity;

/// <summary>What one gate asks for, in units per second, by lane and band.</summary>
/// <param name="Rates">Each ≥ 0, at <see cref="At"/>. <c>null</c> (as in <c>default</c>) asks for nothing.</param>
public readonly record struct GateDemand(long[] Rates)
{
    /// <summary>Where a lane's demand in a band stands in <see cref="Rates"/>.</summary>
    public static int At(int lane, int band) => (lane * Bands.Count) + band;

    /// <summary>The length of <see cref="Rates"/> for a class with so many lanes.</summary>
    public static int Length(int lanes) => lanes * Bands.Count;

    /// <summary>What is to be kept for reservations: the rate that their holders need there, and the burst that is theirs.</summary>
    public Lease Reserved { get; init; }

    /// <summary>What is asked in all.</summary>
    public long Total => (Rates?.Sum() ?? 0) + Reserved.UnitsPerSecond;

    /// <summary>What is asked in a lane and band; 0 for one that the gate does not know yet.</summary>
    public long Of(int lane, int band) => Rates is not null && At(lane, band) < Rates.Length ? Rates[At(lane, band)] : 0;
}
