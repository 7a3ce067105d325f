using System.Collections.Immutable;
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

    /// <summary>Makes the stored form of a fold.</summary>
    public ClassCheckpoint With(ClassFold fold, long openSlice) => this with
    {
        NewestSlice = fold.Window.Newest,
        Usage = [.. fold.Window.Held.Select(slice => new SliceUsage(slice.Slice, slice.Units))],
        Members = fold.Members,
        Producers = [.. fold.Producers().Select(p => new StoredProducer(p.Producer, p.Watermark, p.Mark))],
        OpenSlice = openSlice,
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
        Policies!.Current.Window.Slices,
        NewestSlice,
        Usage.Select(slice => new SliceUnits(slice.Slice, slice.Units)).ToArray(),
        Members,
        Producers.Select(p => new ProducerMark(p.Producer, p.Watermark, p.Mark)),
        OpenSlice);
}

/// <summary>How far a class has followed one producer.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.class-producer.1")]
public readonly record struct StoredProducer(
    [property: Id(0)] long Producer, [property: Id(1)] long Watermark, [property: Id(2)] long Mark);
