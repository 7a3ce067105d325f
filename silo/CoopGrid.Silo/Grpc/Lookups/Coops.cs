using System.Collections.Concurrent;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Silo.Grpc;

/// <summary>Which co-ops there are, as this silo has seen. A name that is not known is asked for again, at most once a second.</summary>
internal sealed class Coops(IGrainFactory grains, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, CoopProfile> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _unknown = new(StringComparer.Ordinal);

    /// <summary>Whether the co-op is known here already.</summary>
    public bool IsKnown(string coop) => _known.ContainsKey(coop);

    /// <summary>Whether there is such a co-op.</summary>
    public ValueTask<bool> ExistsAsync(string coop) => IsKnown(coop) ? new(true) : Ask(coop);

    /// <summary>What the co-op is, or null if there is none.</summary>
    public async ValueTask<CoopProfile?> FindAsync(string coop) => await ExistsAsync(coop) ? _known[coop] : null;

    private async ValueTask<bool> Ask(string coop)
    {
        if (!Ids.IsWord(coop)) return false;
        if (_unknown.TryGetValue(coop, out long asked) && time.GetElapsedTime(asked) < TimeSpan.FromSeconds(1)) return false;
        if (await grains.GetGrain<ICoopGrain>(coop).GetProfile() is { } profile)
        {
            _known[coop] = profile;
            _unknown.TryRemove(coop, out _);
            return true;
        }

        // Made-up names must not fill the memory.
        if (_unknown.Count > 1024) _unknown.Clear();
        _unknown[coop] = time.GetTimestamp();
        return false;
    }
}
