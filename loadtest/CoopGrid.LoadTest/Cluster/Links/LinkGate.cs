using System.Net.Sockets;

namespace CoopGrid.LoadTest.Cluster.Links;

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

/// <summary>The state of one link and the connections over it; several doors may lead over one link, such as one for each direction.</summary>
internal sealed class LinkGate
{
    private readonly HashSet<TcpClient> _ends = [];
    private readonly Lock _lock = new();
    private TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LinkState _state;

    public LinkGate() => _open.SetResult();

    public void Set(LinkState state)
    {
        TcpClient[] broken = [];
        lock (_lock)
        {
            _state = state;
            if (state == LinkState.Silent && _open.Task.IsCompleted) _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (state != LinkState.Silent) _open.TrySetResult();
            if (state == LinkState.Cut)
            {
                broken = [.. _ends];
                _ends.Clear();
            }
        }

        foreach (TcpClient end in broken) Break(end);
    }

    /// <summary>Waits until something may pass; at once if the link is cut, as its connections are broken.</summary>
    public Task PassAsync(CancellationToken over)
    {
        lock (_lock) return _open.Task.WaitAsync(over);
    }

    /// <summary>Keeps an end of a connection, to break it when the link is cut.</summary>
    /// <returns>False if it is cut now.</returns>
    public bool Keep(TcpClient end)
    {
        lock (_lock) return _state != LinkState.Cut && _ends.Add(end);
    }

    public void LetGo(TcpClient end)
    {
        lock (_lock) _ends.Remove(end);
        Break(end);
    }

    /// <summary>Closed with a reset: nothing more is sent, as when a machine is gone.</summary>
    private static void Break(TcpClient end)
    {
        try
        {
            end.LingerState = new LingerOption(true, 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or NullReferenceException)
        {
            // It is closed already, or was never connected.
        }

        end.Dispose();
    }
}
