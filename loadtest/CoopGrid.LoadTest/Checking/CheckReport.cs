namespace CoopGrid.LoadTest.Checking;

/// <summary>What <c>check</c> found. Clean means: to the unit.</summary>
/// <param name="ToldUnits">Net units that callers were told are charged.</param>
/// <param name="MembersGrewUnits">By how much all members' totals grew.</param>
/// <param name="UsageUnits">S.</param>
/// <param name="MembersWindowUnits">Σ of the members' window usage at the same slice.</param>
/// <param name="UsageGrewUnits">By how much S grew; null if slices left the window meanwhile, so that growth says nothing.</param>
/// <param name="Unknown">Questions that nobody answers yet.</param>
/// <param name="Problems">What is wrong, one line each; members beyond the first twenty are only counted.</param>
internal sealed record CheckReport(
    long ToldUnits,
    long MembersGrewUnits,
    long UsageUnits,
    long MembersWindowUnits,
    long? UsageGrewUnits,
    int Members,
    int Unknown,
    IReadOnlyList<string> Problems)
{
    public bool Clean => Problems.Count == 0;
}
