using CoopGrid.Silo.Tests.Processes;

namespace CoopGrid.Silo.Tests.Months;

/// <summary>
/// The co-op of a replayed month. All are billed by the week, and everything is dearer by day.
/// <list type="bullet">
/// <item><c>people</c> are admitted. They vote for eight hours, longer than the clock's steps, of which a silo may hear while they vote; what they decide may be
/// executed a day later.</item>
/// <item><c>homes</c> have meters, and banks.</item>
/// <item><c>couriers</c> are admitted too: they reserve ten units a second from midnight to midnight, and get tickets for what is too dear now.</item>
/// </list>
/// </summary>
internal static class MonthCharter
{
    public const string People = "people";
    public const string Homes = "homes";
    public const string Couriers = "couriers";
    public const long SliceMs = 3_600_000;
    public const long SlotMs = 86_400_000;

    /// <summary>Longer than a step of the clock, so that somebody can buy after every gate.</summary>
    public const long GateClosureMs = 36_000_000;

    /// <summary>Of all slices of the homes' window.</summary>
    public const int HomesWindow = 120;

    private const string Governance = """ "governance": { "votingDelayMs": 0, "votingPeriodMs": 28800000, "lateQuorumExtensionMs": 0, "timelockMs": 86400000 }, """;

    public static IReadOnlyList<string> Classes { get; } = [People, Homes, Couriers];

    public static string[] PeopleNames { get; } = [.. Enumerable.Range(0, 12).Select(i => $"person {i}")];

    public static string[] HomeNames { get; } = [.. Enumerable.Range(0, 5).Select(i => $"home {i}")];

    public static string[] CourierNames { get; } = [.. Enumerable.Range(0, 8).Select(i => $"courier {i}")];

    public static string Json { get; } = Charters.Of(
        [$"\"{People}\": {PeoplePolicy(2_000_003, 1013, 1100, "sameEpoch", 1430)}", $"\"{Homes}\": {HomesPolicy}", $"\"{Couriers}\": {CouriersPolicy}"],
        [
            .. PeopleNames.Select(name => Charters.Member(name, People)),
            .. HomeNames.Select(name => Charters.Member(name, Homes)),
            .. CourierNames.Select(name => Charters.Member(name, Couriers)),
        ])
        .Replace("\"classes\"", Governance + "\"classes\"", StringComparison.Ordinal);

    private static string HomesPolicy =>
        $$"""
        {
          "entry": "metered", "window": { "sliceMs": {{SliceMs}}, "slices": {{HomesWindow}}, "graceMs": 86400000, "epoch": { "kind": "week" } },
          {{Tariff(5_000_001, 977, 1000, "sameEpoch", 800)}}, {{Price(1250)}}, {{Rest(100_000)}},
          "bank": { "sharePermille": 900, "capUnits": 150, "decayPermille": 300 }
        }
        """;

    private static string CouriersPolicy =>
        $$"""
        {
          "window": { "sliceMs": {{SliceMs}}, "slices": 24, "epoch": { "kind": "week" } },
          {{Tariff(3_000_001, 1499, 1000, "sameEpoch", 20)}}, {{Price(1430)}}, {{Rest(2000)}},
          "market": {
            "slotMs": {{SlotMs}}, "gateClosureMs": {{GateClosureMs}}, "aheadMs": 259200000, "sellablePermille": 5, "reservePrice": 20, "memberCapUnitsPerSecond": 6,
            "overagePermille": 1310 },
          "deferral": { "deferMinMs": 1000, "horizonMs": 3600000, "memberCapUnits": 100000 }
        }
        """;

    /// <param name="byDayPermille">The multiplier from 6 to 22 o'clock.</param>
    public static string PeoplePolicy(long fee, long rate, int comfort, string basis, int byDayPermille) =>
        $$"""
        {
          "window": { "sliceMs": {{SliceMs}}, "slices": 24, "epoch": { "kind": "week" } }, {{Tariff(fee, rate, comfort, basis, 20)}}, {{Price(byDayPermille)}},
          {{Rest(100_000)}}
        }
        """;

    private static string Tariff(long fee, long rate, int comfort, string basis, int baseline) =>
        $$""" "tariff": { "fixedFee": {{fee}}, "rate": {{rate}}, "comfortPermille": {{comfort}}, "meanBasis": "{{basis}}", "baselineUnits": {{baseline}} } """;

    private static string Price(int byDayPermille) =>
        $$"""
        "price": { "controlPeriodMs": {{SliceMs}}, "capPermille": 3000, "timeOfUse": [
          { "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "06:00", "to": "22:00", "permille": {{byDayPermille}} } ] }
        """;

    private static string Rest(long unitsPerSecond) =>
        $$"""
        "capacity": { "unitsPerSecond": {{unitsPerSecond}}, "burstUnits": {{2 * unitsPerSecond}}, "maxRequestUnits": 50 },
        "lanes": [ { "name": "standard", "priority": "standard" }, { "name": "bulk", "priority": "bulk" } ]
        """;
}
