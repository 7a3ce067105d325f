using Grpc.Net.Client;

namespace CoopGrid.LoadTest.Cluster.Asking;

/// <summary>Opens channels to silos that may be down for a while.</summary>
internal static class SiloChannel
{
    public static GrpcChannel Open(Uri address) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        DisposeHttpClient = true,
        // The default waits up to two minutes before it tries a silo again that was down.
        InitialReconnectBackoff = TimeSpan.FromMilliseconds(100),
        MaxReconnectBackoff = TimeSpan.FromSeconds(1),
        HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, ConnectTimeout = TimeSpan.FromSeconds(1), UseProxy = false },
    });
}
