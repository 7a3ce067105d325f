namespace CoopGrid.Model;

/// <summary>
/// One row of a class's price history (SPEC.md §6): <see cref="Count"/> control periods in a row, from <see cref="Period"/> on, that are
/// alike in everything else. Enough to recompute the price bit for bit.
/// </summary>
/// <param name="Period">The first control period, counted from the Unix epoch.</param>
/// <param name="Count">How many periods the row stands for, at least 1.</param>
/// <param name="Demand">D: units demanded in each period.</param>
/// <param name="Target">T: units per period.</param>
/// <param name="K">The exponential's denominator, units per period.</param>
/// <param name="X">x at the period's end.</param>
/// <param name="CapPermille">The highest multiplier.</param>
/// <param name="TouPermille">The time-of-use multiplier.</param>
/// <param name="SurgePermille">The surge at the period's end.</param>
/// <param name="MultiplierPermille">What the period's end prices the next one at.</param>
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
