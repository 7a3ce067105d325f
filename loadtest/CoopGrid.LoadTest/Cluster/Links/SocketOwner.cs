using System.Globalization;

namespace CoopGrid.LoadTest.Cluster.Links;

/// <summary>Tells which process a connection over loopback comes from: the kernel lists the sockets' numbers, and each process its own.</summary>
internal static class SocketOwner
{
    /// <summary>The process of ours that has a connection from a port of 127.0.0.1 to another.</summary>
    /// <param name="from">Its port.</param>
    /// <param name="to">The port that it is connected to.</param>
    /// <param name="among">Where to look.</param>
    /// <returns>Null if none of them has it.</returns>
    public static int? Find(int from, int to, IEnumerable<int> among)
    {
        if (SocketOf(from, to) is not { } socket) return null;
        foreach (int process in among)
        {
            if (Has(process, $"socket:[{socket}]")) return process;
        }

        return null;
    }

    /// <summary>Sockets of IPv4 and of IPv6, where a connection to 127.0.0.1 may be listed as well.</summary>
    private static string? SocketOf(int from, int to)
    {
        foreach (string file in new[] { "/proc/net/tcp", "/proc/net/tcp6" })
        {
            if (!File.Exists(file)) continue;
            foreach (string line in File.ReadLines(file).Skip(1))
            {
                string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (PortOf(fields[1]) == from && PortOf(fields[2]) == to) return fields[9];
            }
        }

        return null;
    }

    private static int PortOf(string address) => int.Parse(address.AsSpan(address.LastIndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static bool Has(int process, string socket)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{process}/fd").Any(file => new FileInfo(file).LinkTarget == socket);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
