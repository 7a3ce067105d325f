using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Interfaces;

/// <summary>
/// What a gate tells its class, once per exchange. All counts are totals since the gate was made, so that a report may be lost or
/// told twice.
/// </summary>
[GenerateSerializer, Immutable, Alias("coopgrid.GateReport")]
public sealed record GateReport
{
    /// <summary>The producer that the gate belongs to.</summary>
    [Id(0)] public required long Producer { get; init; }

    /// <summary>The highest epoch of the class that the gate has heard of; 0 before the first.</summary>
    [Id(1)] public long LeaseEpoch { get; init; }

    /// <summary>The rate that the gate uses now, in units/s.</summary>
    [Id(2)] public long LeaseUnitsPerSecond { get; init; }

    /// <summary>The burst that the gate uses now, in units.</summary>
    [Id(3)] public long LeaseBurstUnits { get; init; }

    /// <summary>What the gate asks for by lane and band, in units/s, 62 bands a lane: what the division of capacity goes by.</summary>
    [Id(4)] public ImmutableArray<long> Demand { get; init; } = [];

    /// <summary>Totals by lane.</summary>
    [Id(5)] public ImmutableArray<LaneTotals> Lanes { get; init; } = [];

    /// <summary>Demand of the latest control periods, oldest first, each the period's total so far.</summary>
    [Id(6)] public ImmutableArray<PeriodDemand> Periods { get; init; } = [];

    /// <summary>The last usage tick, repeated.</summary>
    [Id(7)] public UsageTick? LastTick { get; init; }

    /// <summary>The gate's count of its exchanges.</summary>
    [Id(8)] public long Exchange { get; init; }

    /// <summary>When the counts were taken: the periods before this moment's will not change any more.</summary>
    [Id(9)] public Instant At { get; init; }

    /// <summary>The last slice of the class's bank history that the gate knows; <see cref="long.MinValue"/> if it knows none.</summary>
    [Id(60)] public long BankThrough { get; init; } = long.MinValue;

    /// <summary>The slots whose holders the gate knows, with the version that it knows of each.</summary>
    [Id(80)] public ImmutableArray<SlotVersion> Slots { get; init; } = [];

    /// <summary>What of the lease is to be kept for reservations, in units/s: what holders need that asked here.</summary>
    [Id(81)] public long ReservedUnitsPerSecond { get; init; }

    /// <summary>The burst of these holders, in units.</summary>
    [Id(82)] public long ReservedBurstUnits { get; init; }
}

/// <summary>Which of what was told of a slot's holders is known.</summary>
/// <param name="StartsUnixMs">The slot's start.</param>
/// <param name="Version">The higher one holds.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.SlotVersion")]
public readonly record struct SlotVersion([property: Id(0)] long StartsUnixMs, [property: Id(1)] long Version);

/// <summary>Units by lane since the counting began.</summary>
/// <param name="Lane">The lane's name.</param>
/// <param name="Demanded">Asked for: admitted, or refused for capacity or price.</param>
/// <param name="Admitted">Admitted.</param>
/// <param name="Refused">Refused for capacity or price.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.LaneTotals")]
public readonly record struct LaneTotals(
    [property: Id(0)] string Lane, [property: Id(1)] long Demanded, [property: Id(2)] long Admitted, [property: Id(3)] long Refused);

/// <summary>Units demanded in one control period.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.PeriodDemand")]
public readonly record struct PeriodDemand([property: Id(0)] long Period, [property: Id(1)] long Units);

/// <summary>
/// Committed usage of one class by one producer, between two of its positions. The stream may lose, repeat or re-order ticks: the log
/// has it all (L5).
/// </summary>
[GenerateSerializer, Immutable, Alias("coopgrid.UsageTick")]
public sealed record UsageTick
{
    [Id(0)] public required long Producer { get; init; }

    /// <summary>The position after which this tick begins: the end of the class's tick before it.</summary>
    [Id(1)] public required long After { get; init; }

    /// <summary>The last position that the tick holds.</summary>
    [Id(2)] public required long Through { get; init; }

    /// <summary>Units by slice; negative where cancels outweigh.</summary>
    [Id(3)] public ImmutableArray<SliceUsage> Usage { get; init; } = [];

    /// <summary>Members gained, less members lost: the sum of <see cref="MembersBySlice"/>.</summary>
    [Id(4)] public long Members { get; init; }

    /// <summary>The producer's newest mark: nothing more comes before this slice; 0 if there is none.</summary>
    [Id(5)] public long Mark { get; init; }

    /// <summary>Members gained, less members lost, by the first slice that they count in, or count in no more. A silo of an earlier version leaves it out.</summary>
    [Id(6)] public ImmutableArray<SliceUsage> MembersBySlice { get; init; } = [];

    /// <summary>Units by slice that leave the rolling window alone, with the members who used them: below 0.</summary>
    [Id(40)] public ImmutableArray<SliceUsage> WindowBySlice { get; init; } = [];

    /// <summary>Units by slice that came after the slice was closed.</summary>
    [Id(41)] public ImmutableArray<SliceUsage> LateBySlice { get; init; } = [];
}

/// <summary>What the class answers every gate with: all that admission needs to know of it.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.ClassSignal")]
public sealed record ClassSignal
{
    /// <summary>Null if the class was never founded.</summary>
    [Id(0)] public ClassPolicies? Policies { get; init; }

    /// <summary>S.</summary>
    [Id(1)] public long UsageUnits { get; init; }

    /// <summary>N.</summary>
    [Id(2)] public long Members { get; init; }

    /// <summary>The first slice that is not closed.</summary>
    [Id(3)] public long OpenSlice { get; init; }

    /// <summary>The multiplier in force.</summary>
    [Id(4)] public int MultiplierPermille { get; init; } = 1000;

    /// <summary>In a metered class: the multipliers of recent slices, up to the running one, oldest first.</summary>
    [Id(5)] public ImmutableArray<SliceMultiplierPoint> SliceMultipliers { get; init; } = [];

    /// <summary>The class's epoch: raised by every activation of its grain.</summary>
    [Id(6)] public long Epoch { get; init; }

    /// <summary>The lease's rate, in units/s.</summary>
    [Id(7)] public long LeaseUnitsPerSecond { get; init; }

    /// <summary>The lease's burst, in units.</summary>
    [Id(8)] public long LeaseBurstUnits { get; init; }

    /// <summary>How far the class has checkpointed every producer's log: what is before may be deleted.</summary>
    [Id(9)] public ImmutableArray<SavedPosition> Saved { get; init; } = [];

    /// <summary>The exchange that this answers.</summary>
    [Id(10)] public long Exchange { get; init; }

    /// <summary>What of the lease each lane is guaranteed at this gate, in thousandths of a unit per second; empty: as in the whole class.</summary>
    [Id(11)] public ImmutableArray<long> LaneFloorMills { get; init; } = [];

    /// <summary>The billing epochs that are announced; null from a class of an earlier version, and then nothing counts by epochs.</summary>
    [Id(12)] public EpochSchedule? Schedule { get; init; }

    /// <summary>The number of the first epoch whose bills are not made.</summary>
    [Id(13)] public long FirstUnbilled { get; init; }

    /// <summary>The running billing epoch so far; null before the first one.</summary>
    [Id(14)] public ClassEpochFigures? EpochSoFar { get; init; }

    /// <summary>
    /// The emergency actions of the co-op that have not ended: those that suspend a member of any class, and those on this class. Who decides looks at their times.
    /// </summary>
    [Id(40)] public ImmutableArray<EmergencyView> Emergencies { get; init; } = [];

    /// <summary>What the gate does not know yet of the class's bank history; null if that is nothing, or there never was a bank.</summary>
    [Id(60)] public BankNews? Bank { get; init; }

    /// <summary>The first second, counted from the Unix epoch, whose tickets may still be redeemed. What was told once stays true; it only grows.</summary>
    [Id(100)] public long TicketsFrom { get; init; }

    /// <summary>The last second whose tickets' room is set aside, so that they may be redeemed; 0 if nothing is said about it now.</summary>
    [Id(101)] public long TicketsThrough { get; init; }

    /// <summary>Who holds what of the running slot and of the next one, as far as the gate does not know it.</summary>
    [Id(80)] public ImmutableArray<SlotHolders> Slots { get; init; } = [];

    /// <summary>What of the lease's rate is kept for reservations.</summary>
    [Id(81)] public long ReservedUnitsPerSecond { get; init; }

    /// <summary>What of the lease's burst is kept for reservations.</summary>
    [Id(82)] public long ReservedBurstUnits { get; init; }
}

/// <summary>Who holds what of a slot. Before the slot's start it may only grow.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.SlotHolders")]
public sealed record SlotHolders
{
    [Id(0)] public required long StartsUnixMs { get; init; }

    /// <summary>Length of the slot.</summary>
    [Id(1)] public required long Seconds { get; init; }

    /// <summary>Rises whenever the holders change.</summary>
    [Id(2)] public required long Version { get; init; }

    /// <summary>By name.</summary>
    [Id(3)] public ImmutableArray<SlotHolder> Holders { get; init; } = [];
}

/// <summary>One holder of a slot.</summary>
/// <param name="Member">Who.</param>
/// <param name="UnitsPerSecond">The reserved rate, above 0.</param>
/// <param name="BurstUnits">What of it can be used at once; 0 from the slot itself, which does not know its class's burst.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.SlotHolder")]
public readonly record struct SlotHolder([property: Id(0)] string Member, [property: Id(1)] long UnitsPerSecond, [property: Id(2)] long BurstUnits);

/// <summary>A position of a producer's log up to which a class has checkpointed.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.SavedPosition")]
public readonly record struct SavedPosition([property: Id(0)] long Producer, [property: Id(1)] long Position);

/// <summary>The multiplier that priced one slice.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.SliceMultiplierPoint")]
public readonly record struct SliceMultiplierPoint([property: Id(0)] long Slice, [property: Id(1)] int Permille);

/// <summary>The class as anyone may see it.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.ClassState")]
public sealed record ClassState
{
    [Id(0)] public required ClassId Class { get; init; }

    /// <summary>S at <see cref="Slice"/>.</summary>
    [Id(1)] public long UsageUnits { get; init; }

    /// <summary>N.</summary>
    [Id(2)] public long Members { get; init; }

    /// <summary>S/N in thousandths, rounded down; 0 without members.</summary>
    [Id(3)] public long MeanMilliunits { get; init; }

    /// <summary>The last closed period's row: surge, time-of-use and the multiplier in force.</summary>
    [Id(4)] public PricePeriod Price { get; init; }

    [Id(5)] public required ClassPolicy Policy { get; init; }

    [Id(6)] public ImmutableArray<LaneTotals> Lanes { get; init; } = [];

    /// <summary>The running slice, counted from the Unix epoch.</summary>
    [Id(7)] public long Slice { get; init; }

    [Id(8)] public Instant At { get; init; }
}
