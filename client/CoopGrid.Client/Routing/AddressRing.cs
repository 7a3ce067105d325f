using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;

namespace CoopGrid.Client;

/// <summary>One silo's address with its connections.</summary>
/// <param name="Place">In the ring; −1 if it is not one of the ring's.</param>
internal sealed record Endpoint(int Place, Uri Address, CallInvoker Invoker);

/// <summary>
/// The addresses in turn: everybody asks the current one, and the first who sees it fail moves all on to the next. Silos that replies name are reached beside the
/// ring.
/// </summary>
internal sealed class AddressRing : IDisposable
{
    // Silos come and go; a server that names ever more addresses must not fill the relay's memory.
    private const int MostNamed = 256;

    private readonly ConcurrentBag<GrpcChannel> _channels = [];
    private readonly Endpoint[] _endpoints;
    private readonly ConcurrentDictionary<string, Lazy<Endpoint?>> _named = new();
    private int _current;

    public AddressRing(CoopGridOptions options)
    {
        if (options.Addresses.Count == 0) throw new ArgumentException("At least one address is needed.", nameof(options));
        Turns = new(options.MaxInFlight);
        _endpoints = [.. options.Addresses.Select((address, place) => Open(place, address))];
    }

    /// <summary>One for each single call that may be under way (<see cref="CoopGridOptions.MaxInFlight"/>).</summary>
    public SemaphoreSlim Turns { get; }

    public Endpoint Current => _endpoints[Volatile.Read(ref _current)];

    /// <summary>The silo at an address that a reply named; null if that is no address, or one too many.</summary>
    public Endpoint? At(string address)
    {
        if (_named.TryGetValue(address, out Lazy<Endpoint?>? known)) return known.Value;
        return _named.Count >= MostNamed ? null : _named.GetOrAdd(address, text => new(() => Named(text))).Value;
    }

    /// <summary>Moves on from <paramref name="failed"/>, unless somebody has done so already.</summary>
    public void MoveOnFrom(Endpoint failed) =>
        Interlocked.CompareExchange(ref _current, (failed.Place + 1) % _endpoints.Length, failed.Place);

    public void Dispose()
    {
        foreach (GrpcChannel channel in _channels) channel.Dispose();
        Turns.Dispose();
    }

    private Endpoint? Named(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https")) return null;
        return _endpoints.FirstOrDefault(endpoint => endpoint.Address == address) ?? Open(-1, address);
    }

    private Endpoint Open(int place, Uri address)
    {
        GrpcChannel channel = ChannelTo(address);
        _channels.Add(channel);
        return new(place, address, channel.CreateCallInvoker());
    }

    private static GrpcChannel ChannelTo(Uri address) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        DisposeHttpClient = true,
        MaxReceiveMessageSize = 64 << 20,
        HttpHandler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            UseProxy = false,
        },
    });
}
