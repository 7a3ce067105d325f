using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Bills;

/// <summary>The result file of <c>bills</c>, and of <c>replay --close</c> beside the run's.</summary>
internal sealed record BillsResult
{
    public int Schema { get; init; } = 1;

    public required string Command { get; init; }

    public required string StartedAt { get; init; }

    public Machine Machine { get; init; } = Machine.Here;

    public required string Coop { get; init; }

    public required string Class { get; init; }

    /// <summary>In their order.</summary>
    public required IReadOnlyList<EpochSpread> Epochs { get; init; }
}

/// <summary>One closed epoch.</summary>
/// <param name="Epoch">Its number.</param>
/// <param name="Start">ISO 8601.</param>
/// <param name="End">ISO 8601.</param>
/// <param name="UsageUnits">S.</param>
/// <param name="MemberSlices">M.</param>
/// <param name="RevenueMicroCredits">As the books closed.</param>
/// <param name="RoundingMicroCredits">What the rounding account paid.</param>
/// <param name="Bills">How its bills are spread.</param>
/// <param name="Problems">Where bills and books differ; empty if they agree to the micro-credit.</param>
internal sealed record EpochSpread(
    long Epoch,
    string Start,
    string End,
    long UsageUnits,
    long MemberSlices,
    string RevenueMicroCredits,
    long RoundingMicroCredits,
    BillSpread Bills,
    IReadOnlyList<string> Problems);
