using System.Collections.Immutable;
using CoopGrid.Domain.Bank;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <summary>What is stored of a class's bank history. Stored: never change the meaning of a field, add new ones.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.bank-history.1")]
public sealed record StoredBankHistory
{
    [Id(0)] public ImmutableArray<StoredBankTerms> Terms { get; init; } = [];

    [Id(1)] public ImmutableArray<StoredPeakRun> Runs { get; init; } = [];

    /// <summary>The last final slice.</summary>
    [Id(2)] public long FinalThrough { get; init; }

    public static StoredBankHistory From(BankHistorySnapshot history) => new()
    {
        Terms = [.. history.Terms.Select(terms => new StoredBankTerms(terms.FromSlice, terms.StartsEpoch, terms.BaselineUnits, terms.WindowSlices, terms.Bank))],
        Runs = [.. history.Runs.Select(run => new StoredPeakRun(run.FromSlice, run.OffPeak))],
        FinalThrough = history.FinalThrough,
    };

    public BankHistorySnapshot ToSnapshot() => new(
        [.. Terms.Select(terms => new BankTerms(terms.FromSlice, terms.StartsEpoch, terms.BaselineUnits, terms.WindowSlices, terms.Bank))],
        [.. Runs.Select(run => new PeakRun(run.FromSlice, run.OffPeak))],
        FinalThrough);
}

/// <summary>What members save by, from a slice on.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.bank-terms.1")]
public readonly record struct StoredBankTerms(
    [property: Id(0)] long FromSlice,
    [property: Id(1)] bool StartsEpoch,
    [property: Id(2)] long BaselineUnits,
    [property: Id(3)] int WindowSlices,
    [property: Id(4)] BankPolicy Bank);

/// <summary>A run of slices that are all off-peak, or all not.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.peak-run.1")]
public readonly record struct StoredPeakRun([property: Id(0)] long FromSlice, [property: Id(1)] bool OffPeak);
