using System.Net;
using System.Net.Sockets;
using CoopGrid.LoadTest.Cluster.Links;

namespace CoopGrid.LoadTest.Tests.Cluster;

/// <summary>Over a server that answers every byte with itself.</summary>
public sealed class TcpLinkTests : IAsyncLifetime
{
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> _served = [];
    private readonly LinkGate _gate = new();
    private TcpLink? _link;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private TcpLink Link => _link!;

    public ValueTask InitializeAsync()
    {
        _server.Start();
        _link = new TcpLink(((IPEndPoint)_server.LocalEndpoint).Port, _gate);
        _ = ServeAsync();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Open_it_carries_both_ways()
    {
        using TcpClient caller = await CallAsync();
        Assert.Equal(7, await EchoAsync(caller, 7));
        Assert.Equal(8, await EchoAsync(caller, 8));
    }

    [Fact]
    public async Task Cut_it_breaks_what_there_is_and_what_comes_until_it_is_open_again()
    {
        using TcpClient before = await CallAsync();
        Assert.Equal(1, await EchoAsync(before, 1));
        _gate.Set(LinkState.Cut);
        await Assert.ThrowsAnyAsync<IOException>(() => EchoAsync(before, 2));
        Exception error = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using TcpClient during = await CallAsync();
            await EchoAsync(during, 3);
        });
        Assert.True(error is IOException or SocketException, error.Message);
        _gate.Set(LinkState.Open);
        using TcpClient after = await CallAsync();
        Assert.Equal(4, await EchoAsync(after, 4));
    }

    [Fact]
    public async Task Silent_it_holds_everything_back_and_breaks_nothing()
    {
        using TcpClient caller = await CallAsync();
        Assert.Equal(1, await EchoAsync(caller, 1));
        _gate.Set(LinkState.Silent);
        using TcpClient late = await CallAsync();
        Task<int> held = EchoAsync(caller, 2), heldToo = EchoAsync(late, 3);
        // The other connection's whole way through an open link is what a held byte would have had time for.
        await using var other = new TcpLink(((IPEndPoint)_server.LocalEndpoint).Port, new LinkGate());
        using var witness = new TcpClient();
        await witness.ConnectAsync(IPAddress.Loopback, other.Port, Stop);
        Assert.Equal(9, await EchoAsync(witness, 9));
        Assert.False(held.IsCompleted || heldToo.IsCompleted);
        _gate.Set(LinkState.Open);
        Assert.Equal(2, await held);
        Assert.Equal(3, await heldToo);
    }

    [Fact]
    public async Task The_process_behind_a_connection_is_found()
    {
        using TcpClient caller = await CallAsync();
        int from = ((IPEndPoint)caller.Client.LocalEndPoint!).Port;
        Assert.Equal(Environment.ProcessId, SocketOwner.Find(from, Link.Port, [1, Environment.ProcessId]));
        Assert.Null(SocketOwner.Find(from, Link.Port, []));
        Assert.Null(SocketOwner.Find(from, from, [Environment.ProcessId]));
    }

    public async ValueTask DisposeAsync()
    {
        await Link.DisposeAsync();
        _server.Dispose();
        foreach (TcpClient served in _served) served.Dispose();
    }

    private async Task<TcpClient> CallAsync()
    {
        var caller = new TcpClient();
        await caller.ConnectAsync(IPAddress.Loopback, Link.Port, Stop);
        return caller;
    }

    private static async Task<int> EchoAsync(TcpClient caller, byte what)
    {
        NetworkStream stream = caller.GetStream();
        await stream.WriteAsync(new[] { what }, Stop);
        byte[] answer = new byte[1];
        await stream.ReadExactlyAsync(answer, Stop);
        return answer[0];
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            TcpClient caller;
            try
            {
                caller = await _server.AcceptTcpClientAsync();
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }

            _served.Add(caller);
            _ = caller.GetStream().CopyToAsync(caller.GetStream(), Stop);
        }
    }
}
