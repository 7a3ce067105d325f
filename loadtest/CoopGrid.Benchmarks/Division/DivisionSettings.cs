using CoopGrid.Domain.Capacity;
using CoopGrid.Model;

namespace CoopGrid.Benchmarks.Division;

/// <summary>What a simulation of the division of capacity is made of. Times of the grid's own are those of its gates.</summary>
internal sealed record DivisionSettings
{
    /// <summary>A gate calls so often, give or take a fifth.</summary>
    public const long ExchangeMicros = 50_000;

    /// <summary>A gate that has no answer after so long calls again.</summary>
    public const long AnswerWithinMicros = 250_000;

    /// <summary>A request waits for room so long.</summary>
    public const long WaitMicros = 100_000;

    public int Seed { get; init; } = 1;

    public int Silos { get; init; } = 200;

    public int Members { get; init; } = 1_000_000;

    public int Seconds { get; init; } = 60;

    /// <summary>C and B, the same for any number of silos each.</summary>
    public Lease Capacity { get; init; } = new(200_000, 40_000);

    /// <summary>Demand in thousandths of C, one after the other, for equal parts of the time.</summary>
    public IReadOnlyList<int> DemandPermille { get; init; } = [3000, 1200, 800, 3000];

    /// <summary>Of a thousand requests so many go to the hot silos' members.</summary>
    public int HotPermille { get; init; } = 600;

    public int HotSilos { get; init; } = 10;

    /// <summary>One of the hot silos is another one after so long.</summary>
    public long HotMovesMicros { get; init; } = 1_000_000;

    /// <summary>A silo is lost so often; 0: never.</summary>
    public long LossMicros { get; init; } = 8_000_000;

    /// <summary>Periods at the beginning that are not judged.</summary>
    public int SettlingSeconds { get; init; } = 5;

    /// <summary>Of a thousand messages so many are lost, and as many are up to 300 ms late.</summary>
    public int LatePermille { get; init; } = 5;

    public int LargestRequest { get; init; } = 8;

    public CapacityPlan Plan => CapacityPlan.From(new ClassPolicy
    {
        Capacity = new() { UnitsPerSecond = Capacity.UnitsPerSecond, BurstUnits = Capacity.BurstUnits, MaxRequestUnits = LargestRequest },
        Lanes =
        [
            new() { Name = "critical", Priority = LanePriority.Critical, GuaranteedPermille = 100 },
            new() { Name = "standard", Priority = LanePriority.Standard },
            new() { Name = "bulk", Priority = LanePriority.Bulk },
        ],
    });

    /// <summary>Demand in units/s at a moment.</summary>
    public double DemandAt(long micros) => DemandPermille[PartAt(micros)] * (Capacity.UnitsPerSecond / 1000.0);

    /// <summary>Whether a period is judged: not while the demand of all has just changed, because buckets empty or fill up then.</summary>
    public bool IsJudged(int second) => second >= SettlingSeconds && PartAt(second * 1_000_000L) == PartAt((second - 1) * 1_000_000L);

    private int PartAt(long micros) => (int)Math.Min(DemandPermille.Count - 1, micros * DemandPermille.Count / (Seconds * 1_000_000L));
}
