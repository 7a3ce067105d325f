namespace CoopGrid.Interfaces;

/// <summary>The closing of one class's epochs; the key is <c>coop/class</c>. How far it is stands in the books.</summary>
[Alias("coopgrid.IClosingGrain")]
[GrainInterfaceType("coopgrid.closing")]
public interface IClosingGrain : IGrainWithStringKey
{
    /// <summary>
    /// Sees to it that an epoch whose figures are frozen is closed, in the background: begins, or goes on where an activation before was broken off. Harmless to repeat;
    /// whoever knows of a frozen epoch that is not closed calls it from time to time, since a silo that dies takes only the intention with it.
    /// </summary>
    /// <param name="epoch">As in <c>EpochSpan.Number</c>.</param>
    [Alias("Close")]
    ValueTask Close(long epoch);
}
