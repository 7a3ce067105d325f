using System.Collections.Immutable;
using CoopGrid.Domain.Billing;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <summary>What is stored of a member's late units. Stored: never change the meaning of a field, add new ones.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.member-late.1")]
public sealed record StoredLate
{
    /// <summary>Late units by epoch, ascending.</summary>
    [Id(0)] public ImmutableArray<StoredLateFigures> Sums { get; init; } = [];

    /// <summary>Reports whose lines may not be handed in yet, in their order.</summary>
    [Id(1)] public ImmutableArray<StoredLateReport> Waiting { get; init; } = [];

    /// <summary>Null if there is nothing to store.</summary>
    public static StoredLate? From(MemberLate late) => late.Sums.IsEmpty && late.Waiting.IsEmpty ? null : new()
    {
        Sums = [.. late.Sums.Select(sum => StoredLateFigures.From(sum.Epoch, sum.Units))],
        Waiting =
        [
            .. late.Waiting.Select(report => new StoredLateReport(
                report.Meter, report.ReportSequence, StoredLateFigures.From(report.Epoch, report.Before), StoredLateFigures.From(report.Epoch, report.Units))),
        ],
    };

    public MemberLate ToLate() => new(
        [.. Sums.Select(sum => new LateSum(sum.Epoch, sum.ToFigures()))],
        [.. Waiting.Select(report => new LateReport(report.Meter, report.Sequence, report.Units.Epoch, report.Before.ToFigures(), report.Units.ToFigures()))]);
}

/// <summary>Late units of an epoch.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.late-figures.1")]
public readonly record struct StoredLateFigures(
    [property: Id(0)] long Epoch, [property: Id(1)] long Units, [property: Id(2)] ImmutableArray<StoredSurged> Surged)
{
    public static StoredLateFigures From(long epoch, MemberFigures figures) => new(
        epoch, figures.Units, [.. figures.Surged.Select(group => new StoredSurged(group.PolicyVersion, group.MultiplierPermille, group.Units))]);

    public MemberFigures ToFigures() => new()
    {
        Units = Units,
        Surged = [.. Surged.Select(group => new SurgedUnits(group.PolicyVersion, group.MultiplierPermille, group.Units))],
    };
}

/// <summary>A report's late units of one epoch, and what there was of them before.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.late-report.1")]
public readonly record struct StoredLateReport(
    [property: Id(0)] string Meter, [property: Id(1)] long Sequence, [property: Id(2)] StoredLateFigures Before, [property: Id(3)] StoredLateFigures Units);

/// <summary>What a final bill is rated against.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.final.1")]
public sealed record StoredFinal(
    [property: Id(0)] long Number,
    [property: Id(1)] long First,
    [property: Id(2)] long End,
    [property: Id(3)] long Usage,
    [property: Id(4)] long MemberSlices,
    [property: Id(5)] int PolicyVersion,
    [property: Id(6)] TariffPolicy Tariff,
    [property: Id(7)] long? PreviousEpoch,
    [property: Id(8)] long PreviousUsage,
    [property: Id(9)] long PreviousMemberSlices)
{
    public static StoredFinal? From(FinalFigures? final) => final is null ? null : new(
        final.Epoch.Number, final.Epoch.First, final.Epoch.End, final.Usage, final.MemberSlices, final.PolicyVersion, final.Tariff,
        final.Previous?.Epoch, final.Previous?.Usage ?? 0, final.Previous?.MemberSlices ?? 0);

    public FinalFigures ToFinal() => new(
        new(Number, First, End), Usage, MemberSlices, PolicyVersion, Tariff,
        PreviousEpoch is { } previous ? new(previous, PreviousUsage, PreviousMemberSlices) : null);
}
