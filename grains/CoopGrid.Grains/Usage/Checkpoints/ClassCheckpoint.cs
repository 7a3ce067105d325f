using System.Collections.Immutable;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Governance;
using CoopGrid.Domain.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <summary>What is stored of a class. Stored: never change the meaning of a field, add new ones.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.class.1")]
public sealed record ClassCheckpoint
{
    /// <summary>As gates were last told. Null before founding.</summary>
    [Id(0)] public ClassPolicies? Policies { get; init; }

    /// <summary>Raised by every activation before it grants anything (C1).</summary>
    [Id(1)] public long Epoch { get; init; }

    [Id(2)] public long NewestSlice { get; init; } = long.MinValue;

    [Id(3)] public ImmutableArray<SliceUsage> Usage { get; init; } = [];

    [Id(4)] public long Members { get; init; }

    /// <summary>How far every producer was followed.</summary>
    [Id(5)] public ImmutableArray<StoredProducer> Producers { get; init; } = [];

    /// <summary>The first slice that is not closed.</summary>
    [Id(6)] public long OpenSlice { get; init; } = long.MinValue;

    /// <summary>Every version of the policy; empty in a checkpoint that is older than votes.</summary>
    [Id(7)] public ImmutableArray<PolicyVersion> History { get; init; } = [];

    /// <summary>The epochs that are announced; null in a checkpoint that is older than epochs.</summary>
    [Id(8)] public EpochSchedule? Schedule { get; init; }

    /// <summary>S and M of the epochs that have begun and are kept.</summary>
    [Id(9)] public ImmutableArray<StoredEpochTotals> Epochs { get; init; } = [];

    /// <summary>The number of the first epoch whose bills are not made.</summary>
    [Id(10)] public long FirstUnbilled { get; init; }

    /// <summary>Late totals by epoch; empty in a checkpoint that is older than late units.</summary>
    [Id(40)] public ImmutableArray<StoredLateTotal> Late { get; init; } = [];

    /// <summary>By what members save; null in a class that never had a bank.</summary>
    [Id(60)] public StoredBankHistory? Bank { get; init; }

    /// <summary>The charges of slots that start before this moment are handed in, in ms since the Unix epoch; null in a checkpoint that is older than that.</summary>
    [Id(80)] public long? SlotsHandedInBeforeUnixMs { get; init; }

    /// <summary>Makes the stored form of a fold.</summary>
    public ClassCheckpoint With(ClassFold fold, long openSlice) => this with
    {
        NewestSlice = fold.Window.Newest,
        Usage = [.. fold.Window.Held.Select(slice => new SliceUsage(slice.Slice, slice.Units))],
        Members = fold.Members,
        Producers = [.. fold.Producers().Select(p => new StoredProducer(p.Producer, p.Watermark, p.Mark))],
        OpenSlice = openSlice,
        Epochs = [.. fold.Epochs.All.Select(StoredEpochTotals.From)],
        Late = [.. fold.Epochs.Late.Select(total => new StoredLateTotal(total.Epoch, total.Units))],
    };

    /// <summary>The policies as they were stored. Those that are older than votes are the founding ones here, whatever their numbers: nobody voted on them.</summary>
    public PolicyHistory ToHistory(string inClass)
    {
        if (!History.IsDefaultOrEmpty) return PolicyHistory.Restore(inClass, History);
        PolicyVersion current = new(Policies!.Current, 0, new() { Version = Policies.Current.Version });
        return PolicyHistory.Restore(
            inClass,
            Policies.Next is { } next ? [current, new(next, Policies.NextFromSlice, new() { Version = next.Version })] : [current]);
    }

    /// <summary>The fold as it was stored.</summary>
    public ClassFold ToFold() => ClassFold.Restore(
        ClassWindow.Restore(Policies!.Current.Window.Slices, NewestSlice, Usage.Select(slice => new SliceUnits(slice.Slice, slice.Units)).ToArray(), OpenSlice),
        Members,
        Producers.Select(p => new ProducerMark(p.Producer, p.Watermark, p.Mark)),
        Epochs.Select(epoch => epoch.ToTotals()),
        Late.IsDefault ? [] : Late.Select(total => new LateTotal(total.Epoch, total.Units)));
}

/// <summary>S and M of one epoch of a class.</summary>
/// <param name="PolicyVersion">The policy of its first slice; 0 before that has come.</param>
/// <param name="Tariff">That policy's tariff; null before.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.state.class-epoch.1")]
public sealed record StoredEpochTotals(
    [property: Id(0)] long Number,
    [property: Id(1)] long First,
    [property: Id(2)] long End,
    [property: Id(3)] long Usage,
    [property: Id(4)] long MemberSlices,
    [property: Id(5)] int PolicyVersion,
    [property: Id(6)] TariffPolicy? Tariff)
{
    public static StoredEpochTotals From(EpochTotals totals) => new(
        totals.Epoch.Number, totals.Epoch.First, totals.Epoch.End, totals.Usage, totals.MemberSlices, totals.PolicyVersion, totals.Tariff);

    public EpochTotals ToTotals() => new()
    {
        Epoch = new(Number, First, End),
        Usage = Usage,
        MemberSlices = MemberSlices,
        PolicyVersion = PolicyVersion,
        Tariff = Tariff,
    };
}

/// <summary>Units of an epoch that came after their slice was closed.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.class-late.1")]
public readonly record struct StoredLateTotal([property: Id(0)] long Epoch, [property: Id(1)] long Units);

/// <summary>How far a class has followed one producer.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.class-producer.1")]
public readonly record struct StoredProducer(
    [property: Id(0)] long Producer, [property: Id(1)] long Watermark, [property: Id(2)] long Mark);
