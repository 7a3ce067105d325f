namespace CoopGrid.Model;

/// <summary>
/// How members of a class save what they leave of their baseline in off-peak slices (SPEC.md §8). A new policy saves nothing.
/// </summary>
[GenerateSerializer, Immutable, Alias("coopgrid.BankPolicy")]
public sealed record BankPolicy
{
    /// <summary>What is saved of the part of the baseline that a slice leaves unused, in per-mille, 0 to 1000. 0 saves nothing.</summary>
    [Id(0)] public int SharePermille { get; init; }

    /// <summary>
    /// Units that a member holds at most by saving, 0 to 10¹⁵. Units that a cancel gives back may bring it above, and a lower cap takes nothing
    /// away: then nothing is saved until it is below again.
    /// </summary>
    [Id(1)] public long CapUnits { get; init; }

    /// <summary>What of a member's held units goes to the commons account at each epoch's start, in per-mille, 0 to 1000.</summary>
    [Id(2)] public int DecayPermille { get; init; }
}
