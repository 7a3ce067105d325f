using CoopGrid.Silo.Tests.Processes;

namespace CoopGrid.Silo.Tests.Months;

/// <summary>
/// The co-op of a replayed month: <c>people</c> are admitted, <c>homes</c> have meters; both are billed by the week, and everything is dearer by day. Members
/// vote for eight hours, longer than the clock's steps, of which a silo may hear while they vote; what they decide may be executed a day later.
/// </summary>
internal static class MonthCharter
{
    public const string People = "people";
    public const string Homes = "homes";
    public const long SliceMs = 3_600_000;

    private const string Rest =
        """
        "capacity": { "unitsPerSecond": 100000, "burstUnits": 200000, "maxRequestUnits": 50 },
        "lanes": [ { "name": "standard", "priority": "standard" }, { "name": "bulk", "priority": "bulk" } ]
        """;

    private const string Governance = """ "governance": { "votingDelayMs": 0, "votingPeriodMs": 28800000, "lateQuorumExtensionMs": 0, "timelockMs": 86400000 }, """;

    public static IReadOnlyList<string> Classes { get; } = [People, Homes];

    public static string[] PeopleNames { get; } = [.. Enumerable.Range(0, 12).Select(i => $"person {i}")];

    public static string[] HomeNames { get; } = [.. Enumerable.Range(0, 3).Select(i => $"home {i}")];

    public static string Json { get; } = Charters.Of(
            [$"\"{People}\": {PeoplePolicy(2_000_003, 1013, 1100, "sameEpoch", 1430)}", $"\"{Homes}\": {HomesPolicy(5_000_001, 977, 1000, "sameEpoch", 1250)}"],
            [.. PeopleNames.Select(name => Charters.Member(name, People)), .. HomeNames.Select(name => Charters.Member(name, Homes))])
        .Replace("\"classes\"", Governance + "\"classes\"", StringComparison.Ordinal);

    /// <param name="byDayPermille">The multiplier from 6 to 22 o'clock.</param>
    public static string PeoplePolicy(long fee, long rate, int comfort, string basis, int byDayPermille) =>
        $$"""
        { "window": { "sliceMs": {{SliceMs}}, "slices": 24, "epoch": { "kind": "week" } }, {{Tariff(fee, rate, comfort, basis)}}, {{Price(byDayPermille)}}, {{Rest}} }
        """;

    /// <inheritdoc cref="PeoplePolicy"/>
    public static string HomesPolicy(long fee, long rate, int comfort, string basis, int byDayPermille) =>
        $$"""
        {
          "entry": "metered", "window": { "sliceMs": {{SliceMs}}, "slices": 24, "graceMs": 86400000, "epoch": { "kind": "week" } },
          {{Tariff(fee, rate, comfort, basis)}}, {{Price(byDayPermille)}}, {{Rest}}
        }
        """;

    private static string Tariff(long fee, long rate, int comfort, string basis) =>
        $$""" "tariff": { "fixedFee": {{fee}}, "rate": {{rate}}, "comfortPermille": {{comfort}}, "meanBasis": "{{basis}}", "baselineUnits": 20 } """;

    private static string Price(int byDayPermille) =>
        $$"""
        "price": { "controlPeriodMs": {{SliceMs}}, "capPermille": 3000, "timeOfUse": [
          { "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "06:00", "to": "22:00", "permille": {{byDayPermille}} } ] }
        """;
}
