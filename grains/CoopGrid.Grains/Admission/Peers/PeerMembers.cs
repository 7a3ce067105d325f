using System.Collections.Concurrent;
using System.Collections.Immutable;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Orleans.Runtime.Services;

namespace CoopGrid.Grains.Admission.Peers;

/// <summary>
/// The members whose activation is in another silo, for this silo's doors: questions to one silo share its messages, where a grain call
/// would be a message for each.
/// </summary>
public interface IPeerMembers
{
    /// <summary>Asks a member in the silo where it was found last, without waiting for room.</summary>
    /// <returns>
    /// The answers, in the requests' order; one with <see cref="AdmissionAnswer.Moved"/> was not decided. Empty if the member is not known to be
    /// anywhere, or is not there any more: nothing was decided. Fails if that silo cannot be heard: then nothing is known.
    /// </returns>
    Task<ImmutableArray<AdmissionAnswer>> AskAsync(MemberId member, ImmutableArray<AdmissionRequest> requests);

    /// <summary>The member was found in a silo.</summary>
    void Found(MemberId member, SiloAddress home);

    /// <summary>The other silo in which the member was found last; null if it is not known to be in one.</summary>
    SiloAddress? HomeOf(MemberId member);
}

/// <inheritdoc cref="IPeerMembers"/>
/// <remarks>Where a member was found is a hint: a silo decides for its own members only, whoever asks it.</remarks>
internal sealed class PeerMembers(IServiceProvider services, IClusterMembershipService membership, ILocalSiloDetails local)
    : GrainServiceClient<IPeerDesk>(services), IPeerMembers
{
    // As many as Orleans remembers addresses of (SiloHosting.CachedAddresses).
    private const int MostKept = 131_072;

    private static readonly Task<ImmutableArray<AdmissionAnswer>> NotThere = Task.FromResult<ImmutableArray<AdmissionAnswer>>([]);

    private readonly ConcurrentDictionary<MemberId, SiloAddress> _homes = new();
    private readonly ConcurrentDictionary<SiloAddress, PeerLink> _links = new();

    public Task<ImmutableArray<AdmissionAnswer>> AskAsync(MemberId member, ImmutableArray<AdmissionRequest> requests)
    {
        if (!_homes.TryGetValue(member, out SiloAddress? home)) return NotThere;

        // A silo that leaves hands its members over, and its desk closes: grain calls follow them.
        if (membership.CurrentSnapshot.GetSiloStatus(home) == SiloStatus.Active) return Ask(home, member, requests);
        _homes.TryRemove(new(member, home));
        _links.TryRemove(home, out _);
        return NotThere;
    }

    public SiloAddress? HomeOf(MemberId member) => _homes.GetValueOrDefault(member);

    public void Found(MemberId member, SiloAddress home)
    {
        if (home.Equals(local.SiloAddress))
        {
            _homes.TryRemove(member, out _);
            return;
        }

        if (_homes.Count >= MostKept) _homes.Clear();
        _homes[member] = home;
    }

    private async Task<ImmutableArray<AdmissionAnswer>> Ask(SiloAddress home, MemberId member, ImmutableArray<AdmissionRequest> requests)
    {
        PeerLink link = _links.GetOrAdd(home, static (silo, self) => new(self.GetGrainService(silo)), this);
        ImmutableArray<AdmissionAnswer> told = await link.Ask(member, requests);
        if (told.IsEmpty) _homes.TryRemove(new(member, home));
        return told;
    }
}
