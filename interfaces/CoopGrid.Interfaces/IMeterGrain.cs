using CoopGrid.Model;

namespace CoopGrid.Interfaces;

/// <summary>One meter; the key is <c>coop/meter</c>. It finds its member and hands reports on, in their order.</summary>
[Alias("coopgrid.IMeterGrain")]
[GrainInterfaceType("coopgrid.meter")]
public interface IMeterGrain : IGrainWithStringKey
{
    /// <summary>Takes a report of the meter.</summary>
    [Alias("Report")]
    ValueTask<ReportAnswer> Report(UsageReport report);
}
