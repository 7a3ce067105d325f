namespace CoopGrid.LoadTest.Schedule;

/// <summary>
/// A messaging co-op's day in a minute or two. All rates are parts of the class's capacity, so that it looks the same in every class: a
/// quiet night, a morning's rise, then a flash crowd while hogs flood the class far above its target, and an evening that dies away.
/// The hogs alone are what is too much: everybody else together stays within the capacity, and should not notice.
/// </summary>
internal sealed record DayPlan
{
    private const double CrowdFrom = 0.38, CrowdTo = 0.58;

    /// <summary>The class's C in units per second.</summary>
    public required long CapacityUnitsPerSecond { get; init; }

    /// <summary>The largest request that the class takes, in units.</summary>
    public required long MaxRequestUnits { get; init; }

    /// <summary>A member's own rate in units per second; 0 = no limit.</summary>
    public long QuotaUnitsPerSecond { get; init; }

    public double Seconds { get; init; } = 90;

    /// <summary>The highest rate of requests to play with; requests get larger in larger classes to stay below it.</summary>
    public double HighestRate { get; init; } = 1500;

    public string CriticalLane { get; init; } = "critical";

    public ulong Seed { get; init; } = 1;

    /// <summary>Units of each request: the least that keeps the day's peak below <see cref="HighestRate"/>.</summary>
    public long Units => Math.Clamp((long)Math.Ceiling(CapacityUnitsPerSecond * Peak / HighestRate), 1, Math.Max(1, MaxRequestUnits));

    /// <summary>
    /// 15, or as many as it takes for each to stay within its own quota: it is the class that is to be too small for them, not their quota.
    /// </summary>
    public int HogCount => QuotaUnitsPerSecond == 0 ? 15
        : (int)Math.Clamp(Math.Ceiling(CapacityUnitsPerSecond * Hogs(CrowdFrom) / (QuotaUnitsPerSecond * 0.9)), 15, 1000);

    private static double Peak => Enumerable.Range(0, 1000).Max(i => Steady(i / 1000.0) + Crowd(i / 1000.0) + Hogs(i / 1000.0) + Critical);

    public Workload Build()
    {
        var troupe = new Troupe("day-", ArrivalKind.Poisson, Units, "", CriticalLane, Seed);
        double full = (double)CapacityUnitsPerSecond / Units;
        troupe.Add("steady", 300, Seconds, t => full * Steady(t / Seconds));
        troupe.Add("crowd", 150, Seconds, t => full * Crowd(t / Seconds));
        troupe.Add("hogs", HogCount, Seconds, t => full * Hogs(t / Seconds));
        troupe.Add(Troupe.Critical, 5, Seconds, _ => full * Critical);
        return troupe.Build();
    }

    /// <summary>What the hour is called, for the live view.</summary>
    public static string Hour(double part) => part switch
    {
        < 0.15 => "night",
        < 0.30 => "morning",
        < CrowdFrom => "forenoon",
        < CrowdTo => "flash crowd",
        < 0.72 => "afternoon",
        _ => "evening",
    };

    internal const double Critical = 0.02;

    internal static double Steady(double part) => part switch
    {
        < 0.15 => 0.08,
        < 0.30 => 0.08 + ((part - 0.15) / 0.15 * 0.37),
        < 0.72 => 0.45,
        _ => 0.08 + (0.37 * Math.Max(0, (0.95 - part) / 0.23)),
    };

    internal static double Crowd(double part) => part is >= CrowdFrom and < CrowdTo ? 0.35 : 0;

    /// <summary>Before noon they use up their baselines, within the target; at noon they alone want more than the class can carry.</summary>
    internal static double Hogs(double part) => part switch
    {
        < 0.15 => 0.2,
        < CrowdFrom => 0.3,
        < CrowdTo => 1.2,
        < 0.65 => 0.1,
        _ => 0,
    };
}
