namespace CoopGrid.Model;

/// <summary>
/// One closed control period of a class's price (SPEC.md §6), or a run of consecutive ones that were all alike, without demand
/// and with x = 0. With its predecessor's x and K it can be recomputed bit for bit.
/// </summary>
/// <param name="Period">The (first) period's number, counted from the Unix epoch in periods of the class.</param>
/// <param name="Count">How many consecutive periods the row stands for; 1 unless it is a run.</param>
/// <param name="Demand">D: units demanded in the period.</param>
/// <param name="Target">T: target units of the period, ≥ 1.</param>
/// <param name="K">The exponential's denominator, in units, ≥ 10.</param>
/// <param name="X">x at the period's end, in units, 0 to x_max.</param>
/// <param name="CapPermille">The cap, ≥ 1000.</param>
/// <param name="TouPermille">The time-of-use multiplier of the period that this one prices, the next one.</param>
/// <param name="SurgePermille">The surge at the period's end, 1000 to the cap.</param>
/// <param name="MultiplierPermille">The multiplier that prices the next period, at most the cap.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.PricePeriod")]
public readonly record struct PricePeriod(
    [property: Id(0)] long Period,
    [property: Id(1)] long Count,
    [property: Id(2)] long Demand,
    [property: Id(3)] long Target,
    [property: Id(4)] long K,
    [property: Id(5)] long X,
    [property: Id(6)] int CapPermille,
    [property: Id(7)] int TouPermille,
    [property: Id(8)] int SurgePermille,
    [property: Id(9)] int MultiplierPermille);
