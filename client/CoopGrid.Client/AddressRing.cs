using Grpc.Core;
using Grpc.Net.Client;

namespace CoopGrid.Client;

/// <summary>One silo's address with its connections.</summary>
internal sealed record Endpoint(int Place, Uri Address, CallInvoker Invoker);

/// <summary>The addresses in turn: everybody asks the current one, and the first who sees it fail moves all on to the next.</summary>
internal sealed class AddressRing : IDisposable
{
    private readonly GrpcChannel[] _channels;
    private readonly Endpoint[] _endpoints;
    private int _current;

    public AddressRing(IReadOnlyList<Uri> addresses)
    {
        if (addresses.Count == 0) throw new ArgumentException("At least one address is needed.", nameof(addresses));
        _channels = [.. addresses.Select(Open)];
        _endpoints = [.. addresses.Select((address, place) => new Endpoint(place, address, _channels[place].CreateCallInvoker()))];
    }

    public Endpoint Current => _endpoints[Volatile.Read(ref _current)];

    /// <summary>Moves on from <paramref name="failed"/>, unless somebody has done so already.</summary>
    public void MoveOnFrom(Endpoint failed) =>
        Interlocked.CompareExchange(ref _current, (failed.Place + 1) % _endpoints.Length, failed.Place);

    public void Dispose()
    {
        foreach (GrpcChannel channel in _channels) channel.Dispose();
    }

    private static GrpcChannel Open(Uri address) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
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
