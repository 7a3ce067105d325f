using System.Net;
using System.Net.Sockets;

namespace CoopGrid.LoadTest.Cluster;

/// <summary>What a link does with what it is given.</summary>
internal enum LinkState
{
    /// <summary>It carries everything.</summary>
    Open,

    /// <summary>Connections are broken, and new ones at once too.</summary>
    Cut,

    /// <summary>Connections stay, new ones are taken, and nothing arrives: a cable pulled out. What was sent meanwhile arrives once it is open.</summary>
    Silent,
}

/// <summary>A link of our own in front of a server on this machine: connections to its port go to the server's, as long as it is open.</summary>
internal sealed class TcpLink : IAsyncDisposable
{
    private const int ChunkBytes = 1 << 16;

    private readonly TcpListener _listener = new(IPAddress.Loopback, FreePorts.Next());
    private readonly CancellationTokenSource _over = new();
    private readonly HashSet<TcpClient> _ends = [];
    private readonly Lock _lock = new();
    private readonly int _target;
    private readonly Task _accepting;
    private TaskCompletionSource _open = Opened();
    private LinkState _state;

    /// <param name="target">The server's port on 127.0.0.1.</param>
    public TcpLink(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients of the server connect instead.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public LinkState State
    {
        get
        {
            lock (_lock) return _state;
        }
    }

    public void Set(LinkState state)
    {
        TcpClient[] broken = [];
        lock (_lock)
        {
            _state = state;
            if (state == LinkState.Silent && _open.Task.IsCompleted) _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (state == LinkState.Cut)
            {
                broken = [.. _ends];
                _ends.Clear();
            }

            if (state != LinkState.Silent) _open.TrySetResult();
        }

        foreach (TcpClient end in broken) Break(end);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        Set(LinkState.Cut);
        _listener.Stop();
        await _accepting;
        _listener.Dispose();
        _over.Dispose();
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        open.SetResult();
        return open;
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
        var server = new TcpClient();
        try
        {
            if (!Keep(caller) || !Keep(server)) return;
            await OpenAsync();
            await server.ConnectAsync(IPAddress.Loopback, _target, _over.Token);
            caller.NoDelay = server.NoDelay = true;
            await Task.WhenAny(PumpAsync(caller.GetStream(), server.GetStream()), PumpAsync(server.GetStream(), caller.GetStream()));
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // Broken from either side, or by the link: both ends learn it below.
        }
        finally
        {
            lock (_lock)
            {
                _ends.Remove(caller);
                _ends.Remove(server);
            }

            Break(caller);
            Break(server);
        }
    }

    /// <returns>False if the link is cut.</returns>
    private bool Keep(TcpClient end)
    {
        lock (_lock) return _state != LinkState.Cut && _ends.Add(end);
    }

    private Task OpenAsync()
    {
        lock (_lock) return _open.Task.WaitAsync(_over.Token);
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to)
    {
        byte[] chunk = new byte[ChunkBytes];
        int read;
        while ((read = await from.ReadAsync(chunk, _over.Token)) > 0)
        {
            await OpenAsync();
            await to.WriteAsync(chunk.AsMemory(0, read), _over.Token);
        }
    }

    /// <summary>Closed with a reset: nothing more is sent, as when a machine is gone.</summary>
    private static void Break(TcpClient end)
    {
        try
        {
            end.LingerState = new LingerOption(true, 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }

        end.Dispose();
    }
}
