namespace CoopGrid.Model;

/// <summary>A member's bank as it is shown, in units: <c>saved = spent + decayed + held</c>, exactly (SPEC.md §8).</summary>
/// <param name="Saved">All that was ever saved.</param>
/// <param name="Spent">Of these, what covers its usage; less what was given back.</param>
/// <param name="Decayed">Of these, what went to the commons.</param>
/// <param name="Held">Of these, what can be spent.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.BankStanding")]
public readonly record struct BankStanding(
    [property: Id(0)] long Saved, [property: Id(1)] long Spent, [property: Id(2)] long Decayed, [property: Id(3)] long Held);
