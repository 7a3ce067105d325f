using System.Collections.Immutable;

namespace CoopGrid.Model;

/// <summary>
/// Everything that the rules of one customer class need, as one immutable value with a version. A valid policy satisfies
/// <c>PolicyRules</c>; the rules assume it.
/// </summary>
[GenerateSerializer, Immutable, Alias("coopgrid.ClassPolicy")]
public sealed record ClassPolicy
{
    /// <summary>1 for the founding charter, one more with each change. Every entry and answer cites it.</summary>
    [Id(0)] public int Version { get; init; } = 1;

    /// <summary>How usage enters the class.</summary>
    [Id(1)] public UsageEntry Entry { get; init; } = UsageEntry.Admitted;

    [Id(2)] public WindowPolicy Window { get; init; } = new();

    [Id(3)] public TariffPolicy Tariff { get; init; } = new();

    [Id(4)] public CapacityPolicy Capacity { get; init; } = new();

    /// <summary>1 to 8 lanes, best priority first.</summary>
    [Id(5)] public ImmutableArray<LanePolicy> Lanes { get; init; } = LanePolicy.Defaults;

    [Id(6)] public QuotaPolicy Quota { get; init; } = new();

    [Id(7)] public PricePolicy Price { get; init; } = new();

    /// <summary>What a request's dimensions weigh; empty if the class takes plain units only.</summary>
    [Id(8)] public ImmutableArray<CostWeight> Weights { get; init; } = [];

    /// <summary>For how long a key is remembered after its admission, in ms. At least 10 minutes.</summary>
    [Id(9)] public long DedupeWindowMs { get; init; } = 10 * 60_000;

    /// <summary>Whether callers may ask for relaxed durability.</summary>
    [Id(10)] public bool RelaxedAllowed { get; init; }

    /// <summary>What is sold of C ahead of time; the default sells nothing.</summary>
    [Id(11)] public MarketPolicy Market { get; init; } = new();

    /// <summary>What members save in quiet slices; the default saves nothing.</summary>
    [Id(12)] public BankPolicy Bank { get; init; } = new();

    /// <summary>Tickets for later; the default gives none.</summary>
    [Id(13)] public DeferralPolicy Deferral { get; init; } = new();

    /// <summary>The lane's place in <see cref="Lanes"/>, or −1. An empty name is the first lane of standard priority.</summary>
    public int LaneIndex(string lane)
    {
        for (int i = 0; i < Lanes.Length; i++)
        {
            if (lane.Length == 0 ? Lanes[i].Priority == LanePriority.Standard : Lanes[i].Name == lane) return i;
        }

        return -1;
    }
}

/// <summary>How usage enters a class (SPEC.md §3).</summary>
public enum UsageEntry : byte
{
    /// <summary>By admission (SPEC.md §4).</summary>
    Admitted = 0,

    /// <summary>By meters' reports (SPEC.md §9).</summary>
    Metered = 1,
}

/// <summary>The rolling window and the billing period.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.WindowPolicy")]
public sealed record WindowPolicy
{
    /// <summary>Length of a slice in ms; slice 0 starts at the Unix epoch.</summary>
    [Id(0)] public long SliceMs { get; init; } = 3_600_000;

    /// <summary>Slices in the window, the running one included.</summary>
    [Id(1)] public int Slices { get; init; } = 168;

    /// <summary>How long after a slice's end reports for it are still accepted, in ms.</summary>
    [Id(2)] public long GraceMs { get; init; }

    [Id(3)] public EpochPolicy Epoch { get; init; } = new();

    public long SliceAt(Instant at) => Integers.FloorDiv(at.UnixMicroseconds, SliceMs * 1000);

    public Instant StartOf(long slice) => Instant.FromUnixMs(slice * SliceMs);
}

/// <summary>The billing period.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.EpochPolicy")]
public sealed record EpochPolicy
{
    [Id(0)] public EpochKind Kind { get; init; } = EpochKind.Month;

    /// <summary>Length in ms if <see cref="Kind"/> is fixed.</summary>
    [Id(1)] public long FixedMs { get; init; }
}

/// <summary>Which spans of time the billing periods are.</summary>
public enum EpochKind : byte
{
    /// <summary>Calendar month in the co-op's time zone.</summary>
    Month = 0,

    /// <summary>ISO week in the co-op's time zone, from Monday.</summary>
    Week = 1,

    /// <summary>A fixed number of ms, counted from the Unix epoch.</summary>
    Fixed = 2,
}

/// <summary>What the bill's formula uses (SPEC.md §10). Money is micro-credits of the co-op's currency.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.TariffPolicy")]
public sealed record TariffPolicy
{
    /// <summary>Micro-credits per member and epoch.</summary>
    [Id(0)] public long FixedFee { get; init; }

    /// <summary>Micro-credits per unit above the mean, and per surged unit at twice the price.</summary>
    [Id(1)] public long Rate { get; init; }

    /// <summary>κ in per-mille: overage starts at κ/1000 of the mean.</summary>
    [Id(2)] public long ComfortPermille { get; init; } = 1000;

    [Id(3)] public MeanBasis MeanBasis { get; init; }

    /// <summary>Units per window that a member always gets without surge.</summary>
    [Id(4)] public long BaselineUnits { get; init; }

    /// <summary>The share of an epoch's revenue that goes to the commons, 0 to 1000 ‰.</summary>
    [Id(40)] public int CommonsPermille { get; init; }
}

/// <summary>Which epoch's mean a bill is measured against.</summary>
public enum MeanBasis : byte
{
    SameEpoch = 0,
    PreviousEpoch = 1,
}

/// <summary>What the class can carry (SPEC.md §5).</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.CapacityPolicy")]
public sealed record CapacityPolicy
{
    /// <summary>C: units per second. Above 0.</summary>
    [Id(0)] public long UnitsPerSecond { get; init; }

    /// <summary>B: units that may be admitted at once on top of C. Above 0.</summary>
    [Id(1)] public long BurstUnits { get; init; }

    /// <summary>The largest request, in units; never above B.</summary>
    [Id(2)] public long MaxRequestUnits { get; init; }
}

/// <summary>A priority class of requests (SPEC.md §5).</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.LanePolicy")]
public sealed record LanePolicy
{
    [Id(0)] public string Name { get; init; } = "";

    [Id(1)] public LanePriority Priority { get; init; } = LanePriority.Standard;

    /// <summary>The lane's floor: per-mille of C (and of B) that it always gets if it asks.</summary>
    [Id(2)] public int GuaranteedPermille { get; init; }

    /// <summary>Whether only members entitled to the lane may use it.</summary>
    [Id(3)] public bool NeedsEntitlement { get; init; }

    /// <summary>Whether units in this lane are never surged.</summary>
    [Id(4)] public bool SurgeExempt { get; init; }

    /// <summary>The longest that a request waits in place for room, in ms.</summary>
    [Id(5)] public int LongestWaitMs { get; init; } = 100;

    /// <summary>Critical (guaranteed 10 %, entitled, surge-exempt), standard and bulk.</summary>
    public static ImmutableArray<LanePolicy> Defaults { get; } =
    [
        new() { Name = "critical", Priority = LanePriority.Critical, GuaranteedPermille = 100, NeedsEntitlement = true, SurgeExempt = true },
        new() { Name = "standard", Priority = LanePriority.Standard },
        new() { Name = "bulk", Priority = LanePriority.Bulk },
    ];
}

/// <summary>Which lane is served first; bulk is never protected.</summary>
public enum LanePriority : byte
{
    Critical = 0,
    Standard = 1,
    Bulk = 2,
}

/// <summary>A member's own limits; 0 means no limit.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.QuotaPolicy")]
public sealed record QuotaPolicy
{
    /// <summary>Units per second of the member's token bucket.</summary>
    [Id(0)] public long UnitsPerSecond { get; init; }

    /// <summary>Units that the member's token bucket holds; needed if there is a rate.</summary>
    [Id(1)] public long BurstUnits { get; init; }

    /// <summary>Units per rolling window.</summary>
    [Id(2)] public long WindowUnits { get; init; }
}

/// <summary>How the multiplier moves (SPEC.md §6).</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.PricePolicy")]
public sealed record PricePolicy
{
    /// <summary>Length of a control period in ms; a metered class uses its slice instead.</summary>
    [Id(0)] public long ControlPeriodMs { get; init; } = 1000;

    /// <summary>T as per-mille of C × period.</summary>
    [Id(1)] public int TargetPermille { get; init; } = 800;

    /// <summary>d: periods in which the price doubles at twice the target.</summary>
    [Id(2)] public int DoublingPeriods { get; init; } = 60;

    /// <summary>The highest multiplier, in per-mille, ≥ 1000; 1000 switches surge off.</summary>
    [Id(3)] public int CapPermille { get; init; } = 1000;

    /// <summary>Time-of-use multipliers; outside all of them it is 1000.</summary>
    [Id(4)] public ImmutableArray<TouBand> TimeOfUse { get; init; } = [];
}

/// <summary>A weekly span of the co-op's local time with a multiplier of its own. The first band that holds the moment counts.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.TouBand")]
public sealed record TouBand
{
    /// <summary>Days on which the band starts: bit 0 is Monday, bit 6 is Sunday.</summary>
    [Id(0)] public byte Days { get; init; }

    /// <summary>First minute of the local day, 0 to 1439.</summary>
    [Id(1)] public int FromMinute { get; init; }

    /// <summary>The minute after the last, 1 to 1440, above <see cref="FromMinute"/>.</summary>
    [Id(2)] public int ToMinute { get; init; }

    /// <summary>Per-mille; may be below 1000 in quiet hours, at least 1.</summary>
    [Id(3)] public int Permille { get; init; }
}

/// <summary>
/// The cost of one dimension of a request: <see cref="Units"/> for every <see cref="Per"/> of it. A request's units are the
/// floored costs of its dimensions added up, and at least 1.
/// </summary>
[GenerateSerializer, Immutable, Alias("coopgrid.CostWeight")]
public sealed record CostWeight
{
    [Id(0)] public string Dimension { get; init; } = "";

    [Id(1)] public long Units { get; init; } = 1;

    [Id(2)] public long Per { get; init; } = 1;
}
