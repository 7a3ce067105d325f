using System.Collections.Immutable;

namespace CoopGrid.Interfaces;

/// <summary>One co-op; the key is its name.</summary>
[Alias("coopgrid.ICoopGrain")]
[GrainInterfaceType("coopgrid.coop")]
public interface ICoopGrain : IGrainWithStringKey
{
    /// <summary>
    /// Founds the co-op by its charter: classes with their policies, then members, senders and entitlements. Founding again with
    /// the same charter goes on where it was broken off; a founded co-op keeps the charter it has.
    /// </summary>
    /// <returns>Whether this charter is the co-op's.</returns>
    /// <exception cref="ArgumentException">The charter is not valid; the message names every field.</exception>
    [Alias("Found")]
    [ResponseTimeout("00:10:00")]
    Task<bool> Found(string charterJson);

    /// <summary>What the co-op is, or null if it was never founded.</summary>
    [Alias("GetProfile")]
    ValueTask<CoopProfile?> GetProfile();
}

/// <summary>A founded co-op.</summary>
/// <param name="Coop">Its name on the wire.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Currency">The label of its money.</param>
/// <param name="TimeZone">Its IANA time zone.</param>
/// <param name="Classes">Its customer classes.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.CoopProfile")]
public sealed record CoopProfile(
    [property: Id(0)] string Coop,
    [property: Id(1)] string Title,
    [property: Id(2)] string Currency,
    [property: Id(3)] string TimeZone,
    [property: Id(4)] ImmutableArray<string> Classes);
