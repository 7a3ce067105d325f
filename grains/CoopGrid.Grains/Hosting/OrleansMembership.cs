using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.Grains.Hosting;

/// <summary>The membership that Orleans keeps.</summary>
internal sealed class OrleansMembership(IClusterMembershipService membership, ILocalSiloDetails local, TimeProvider time) : ISiloMembership
{
    public async Task<SiloName> OwnAsync(CancellationToken cancellation)
    {
        ClusterMembershipSnapshot seen = membership.CurrentSnapshot;
        await using IAsyncEnumerator<ClusterMembershipSnapshot> views = membership.MembershipUpdates.GetAsyncEnumerator(cancellation);
        while (!seen.Members.ContainsKey(local.SiloAddress) && await views.MoveNextAsync()) seen = views.Current;
        return new(local.SiloAddress.ToParsableString(), seen.Version.Value);
    }

    public bool IsGone(SiloName silo)
    {
        ClusterMembershipSnapshot view = membership.CurrentSnapshot;
        if (view.Members.TryGetValue(SiloAddress.FromParsableString(silo.Address), out ClusterMember? member)) return member.Status == SiloStatus.Dead;
        return view.Version.Value >= silo.MembershipVersion;
    }

    public bool IsHome(MemberId member)
    {
        IEnumerable<SiloAddress> living = membership.CurrentSnapshot.Members.Values.Where(silo => silo.Status == SiloStatus.Active).Select(silo => silo.SiloAddress);
        return local.SiloAddress.Equals(Rendezvous.Of(member, living, silo => silo.GetConsistentHashCode()));
    }

    public async Task ChangedAsync(TimeSpan atMost, CancellationToken cancellation)
    {
        MembershipVersion seen = membership.CurrentSnapshot.Version;
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using ITimer timer = time.CreateTimer(_ => waiting.Cancel(), null, atMost, Timeout.InfiniteTimeSpan);
        try
        {
            await foreach (ClusterMembershipSnapshot view in membership.MembershipUpdates.WithCancellation(waiting.Token))
            {
                if (view.Version > seen) return;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
        }
    }
}
