using System.Net;
using System.Net.Sockets;

namespace CoopGrid.LoadTest.Cluster;

/// <summary>
/// Ports of 127.0.0.1 that nobody listens on. They lie below those that the kernel gives to outgoing connections, so that a server that is down
/// for a while finds its port free when it comes back; no port is given out twice by one process.
/// </summary>
internal static class FreePorts
{
    private const int First = 15_000;
    private const int End = 32_000;
    private const int Tries = 1000;

    private static readonly HashSet<int> Given = [];
    private static readonly Lock Giving = new();

    /// <exception cref="IOException">There is none.</exception>
    public static int Next()
    {
        lock (Giving)
        {
            for (int i = 0; i < Tries; i++)
            {
                int port = Random.Shared.Next(First, End);
                if (!Given.Contains(port) && IsFree(port) && Given.Add(port)) return port;
            }
        }

        throw new IOException($"No free port on 127.0.0.1 between {First} and {End}.");
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
