using System.Collections.Immutable;

namespace CoopGrid.Model;

/// <summary>A member as it stands, for its owner and for operators.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.MemberState")]
public sealed record MemberState
{
    [Id(0)] public required MemberId Member { get; init; }

    /// <summary>The customer class; empty if the member was never enrolled.</summary>
    [Id(1)] public string Class { get; init; } = "";

    [Id(2)] public MemberStatus Status { get; init; }

    /// <summary>u at <see cref="Slice"/>.</summary>
    [Id(3)] public long WindowUsageUnits { get; init; }

    /// <summary>The running slice, counted from the Unix epoch.</summary>
    [Id(4)] public long Slice { get; init; }

    [Id(5)] public long BaselineRemainingUnits { get; init; }

    /// <summary>Lanes that the member is entitled to, by name.</summary>
    [Id(6)] public ImmutableArray<string> Entitlements { get; init; } = [];

    /// <summary>All units ever charged, less cancels.</summary>
    [Id(7)] public long TotalUnits { get; init; }

    [Id(8)] public Instant Enrolled { get; init; }

    /// <summary>How many entries the account has.</summary>
    [Id(9)] public long Sequence { get; init; }

    /// <summary>Its bank, with all that it has saved in final slices; null in a class that never had a bank.</summary>
    [Id(40)] public BankStanding? Bank { get; init; }

    /// <summary>What it has reserved of the slot that runs; null if nothing.</summary>
    [Id(80)] public RunningReservation? Reservation { get; init; }
}

/// <summary>A member's reservation while its slot runs.</summary>
/// <param name="UnitsPerSecond">The reserved rate.</param>
/// <param name="UsableUnits">What of it can be used at once, now.</param>
/// <param name="Starts">When the slot began.</param>
/// <param name="Ends">When it ends.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.RunningReservation")]
public sealed record RunningReservation(
    [property: Id(0)] long UnitsPerSecond, [property: Id(1)] long UsableUnits, [property: Id(2)] Instant Starts, [property: Id(3)] Instant Ends);
