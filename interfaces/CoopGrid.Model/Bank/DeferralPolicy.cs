namespace CoopGrid.Model;

/// <summary>Which tickets for later a class gives to requests that name a deadline (SPEC.md §8). A new policy gives none.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.DeferralPolicy")]
public sealed record DeferralPolicy
{
    /// <summary>defer_min: how far ahead a ticket's second starts at least, in ms, 1,000 to 3,600,000.</summary>
    [Id(0)] public long DeferMinMs { get; init; } = 60_000;

    /// <summary>How far ahead a ticket's second ends at most, in ms, 0 to 86,400,000 (a day). 0: the class gives no tickets.</summary>
    [Id(1)] public long HorizonMs { get; init; }

    /// <summary>Most units in tickets that a member holds and has not redeemed, 1 to 10¹².</summary>
    [Id(2)] public long MemberCapUnits { get; init; } = 1000;
}
