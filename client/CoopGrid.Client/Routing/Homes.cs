using System.Collections.Concurrent;
using CoopGrid.Protocol.V1;

namespace CoopGrid.Client;

/// <summary>Whose a request is: a member or a sender of a co-op.</summary>
internal readonly record struct Who(string Coop, bool IsSender, string Name)
{
    public static Who Of(AdmitRequest request) => request.WhoCase == AdmitRequest.WhoOneofCase.Sender
        ? new(request.Coop, true, request.Sender)
        : new(request.Coop, false, request.Member);

    public static Who Of(CancelRequest request) => request.WhoCase == CancelRequest.WhoOneofCase.Sender
        ? new(request.Coop, true, request.Sender)
        : new(request.Coop, false, request.Member);
}

/// <summary>
/// Which silo holds a member, as replies have told: asked there, a question needs no message between silos. Every silo answers for every member, so what is
/// not known, forgotten or wrong costs only that message. A silo that fails is not asked as a home for a while; the ring's current address is then.
/// </summary>
internal sealed class Homes(CoopGridOptions options, AddressRing ring)
{
    /// <summary>For how long a silo that failed is left alone.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private const int MostKept = 131_072;

    private readonly ConcurrentDictionary<Who, Endpoint> _homes = new();
    private readonly ConcurrentDictionary<Endpoint, long> _failed = new();

    /// <summary>Where to ask.</summary>
    public Endpoint Of(Who who) => _homes.TryGetValue(who, out Endpoint? home) && !Rests(home) ? home : ring.Current;

    /// <summary>Remembers what a reply tells.</summary>
    public void Learn(Who who, AdmitReply reply)
    {
        if (!options.FollowHomes || reply.Home.Length == 0 || ring.At(reply.Home) is not { } home) return;
        if (_homes.Count >= MostKept) _homes.Clear();
        _homes[who] = home;
    }

    /// <summary>Nothing is known of what became of a question there.</summary>
    public void Failed(Endpoint endpoint)
    {
        _failed[endpoint] = options.Clock.GetTimestamp();
        ring.MoveOnFrom(endpoint);
    }

    private bool Rests(Endpoint endpoint)
    {
        if (!_failed.TryGetValue(endpoint, out long since)) return false;
        if (options.Clock.GetElapsedTime(since) < Rest) return true;
        _failed.TryRemove(new(endpoint, since));
        return false;
    }
}
