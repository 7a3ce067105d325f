using System.Net;
using System.Net.Sockets;

namespace CoopGrid.LoadTest.Cluster.Links;

/// <summary>A door of our own in front of a server on this machine: connections to its port go to the server's, as far as their gate lets them.</summary>
internal sealed class TcpLink : IAsyncDisposable
{
    private const int ChunkBytes = 1 << 16;

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _over = new();
    private readonly int _target;
    private readonly Func<int, LinkGate> _gateOf;
    private readonly Task _accepting;
    private int _open;

    /// <summary>A link with a gate of its own, for whoever connects.</summary>
    /// <param name="target">The server's port on 127.0.0.1.</param>
    public TcpLink(int target, LinkGate gate)
        : this(target, FreePorts.Next(), _ => gate)
    {
    }

    /// <param name="port">Where clients of the server connect instead.</param>
    /// <param name="gateOf">The gate for a caller, by the port that it calls from.</param>
    public TcpLink(int target, int port, Func<int, LinkGate> gateOf)
    {
        (_target, _gateOf) = (target, gateOf);
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        Port = port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Connections that are being carried.</summary>
    public int Connections => Volatile.Read(ref _open);

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Stop();
        await _accepting;
        _listener.Dispose();
        _over.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                _ = CarryAsync(await _listener.AcceptTcpClientAsync(_over.Token));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Over, or a caller that went away before it was taken.
            }
        }
    }

    private async Task CarryAsync(TcpClient caller)
    {
        Interlocked.Increment(ref _open);
        var server = new TcpClient();
        CancellationToken over = _over.Token;
        LinkGate gate = _gateOf(((IPEndPoint)caller.Client.RemoteEndPoint!).Port);
        try
        {
            if (!gate.Keep(caller) || !gate.Keep(server)) return;
            await gate.PassAsync(over);
            await server.ConnectAsync(IPAddress.Loopback, _target, over);
            caller.NoDelay = server.NoDelay = true;
            await Task.WhenAny(PumpAsync(gate, caller.GetStream(), server.GetStream(), over), PumpAsync(gate, server.GetStream(), caller.GetStream(), over));
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // Broken from either side, or by the gate: both ends learn it below.
        }
        finally
        {
            gate.LetGo(caller);
            gate.LetGo(server);
            Interlocked.Decrement(ref _open);
        }
    }

    private static async Task PumpAsync(LinkGate gate, NetworkStream from, NetworkStream to, CancellationToken over)
    {
        byte[] chunk = new byte[ChunkBytes];
        int read;
        while ((read = await from.ReadAsync(chunk, over)) > 0)
        {
            await gate.PassAsync(over);
            await to.WriteAsync(chunk.AsMemory(0, read), over);
        }
    }
}
