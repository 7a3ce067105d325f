namespace CoopGrid.LoadTest.Chaos;

/// <summary>
/// The co-op that faults happen to. Its slices last 3 s, so that they close all the time, and its window longer than any run, so that none leaves it and a member's
/// window is its total. Of <c>people</c> more is asked than there is room for; <c>firms</c> have room for all.
/// </summary>
internal static class ChaosCharter
{
    public const string Coop = "chaos";
    public const string People = "people";
    public const string Firms = "firms";
    public const long PeopleUnitsPerSecond = 500;
    public const long PeopleBurstUnits = 400;
    public const long FirmsUnitsPerSecond = 20_000;
    public const long FirmsBurstUnits = 20_000;

    /// <summary>For how long a key is remembered; a run is shorter.</summary>
    public static readonly TimeSpan DedupeWindow = TimeSpan.FromHours(6);

    public static IReadOnlyList<string> Classes { get; } = [People, Firms];

    public static string[] PeopleNames { get; } = [.. Enumerable.Range(0, 40).Select(i => $"person-{i:D2}")];

    public static string[] FirmNames { get; } = [.. Enumerable.Range(0, 10).Select(i => $"firm-{i}")];

    public static (long UnitsPerSecond, long BurstUnits) CapacityOf(string name) =>
        name == People ? (PeopleUnitsPerSecond, PeopleBurstUnits) : (FirmsUnitsPerSecond, FirmsBurstUnits);

    public static string Json { get; } =
        $$"""
        {
          "coop": "{{Coop}}",
          "classes": { "{{People}}": {{Policy(PeopleUnitsPerSecond, PeopleBurstUnits, 20)}}, "{{Firms}}": {{Policy(FirmsUnitsPerSecond, FirmsBurstUnits, 100)}} },
          "members": [ {{string.Join(", ", [.. PeopleNames.Select(name => Member(name, People)), .. FirmNames.Select(name => Member(name, Firms))])}} ]
        }
        """;

    private static string Policy(long perSecond, long burst, long maxRequest) =>
        $$"""
        {
          "window": { "sliceMs": 3000, "slices": 10000, "epoch": { "kind": "fixed", "fixedMs": 2592000000 } },
          "tariff": { "baselineUnits": 500, "rate": 20 },
          "capacity": { "unitsPerSecond": {{perSecond}}, "burstUnits": {{burst}}, "maxRequestUnits": {{maxRequest}} },
          "price": { "controlPeriodMs": 1000, "targetPermille": 800, "doublingPeriods": 10, "capPermille": 5000 },
          "dedupeWindowMs": {{(long)DedupeWindow.TotalMilliseconds}},
          "relaxedAllowed": true
        }
        """;

    private static string Member(string name, string inClass) => $$"""{ "name": "{{name}}", "class": "{{inClass}}" }""";
}
