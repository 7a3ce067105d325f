using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.Grains.Hosting;

/// <summary>The cluster's membership, as this silo sees it.</summary>
public interface ISiloMembership
{
    /// <summary>
    /// This silo, and the newest view it has seen, as soon as that view holds it: a silo that registered with an older one could be taken for gone.
    /// </summary>
    Task<SiloName> OwnAsync(CancellationToken cancellation);

    /// <summary>
    /// Whether a silo is dead for good: declared so, or absent from a view at least as new as the one that it had seen when it registered (L4a).
    /// </summary>
    bool IsGone(SiloName silo);

    /// <summary>Whether this silo is the one, of those that live, to which a member belongs that none has (<see cref="Rendezvous"/>).</summary>
    bool IsHome(MemberId member);

    /// <summary>Returns after the next change of the view, or after <paramref name="atMost"/>.</summary>
    Task ChangedAsync(TimeSpan atMost, CancellationToken cancellation);
}
