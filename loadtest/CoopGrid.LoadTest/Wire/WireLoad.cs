using System.Diagnostics;
using System.Runtime.ExceptionServices;
using HdrHistogram;

namespace CoopGrid.LoadTest.Wire;

/// <summary>Runs the connections, each on a thread of its own, and adds up what they saw.</summary>
internal static class WireLoad
{
    /// <exception cref="IOException">A connection broke.</exception>
    public static WireResult Run(WireOptions options, TimeProvider clock)
    {
        WireConnection[] connections = [.. Enumerable.Range(0, options.Connections).Select(i => new WireConnection(options, i, clock))];
        try
        {
            foreach (WireConnection connection in connections) connection.Connect();
            long second = clock.TimestampFrequency;
            long from = clock.GetTimestamp() + (long)(options.WarmUp.TotalSeconds * second);
            long to = from + (long)(options.Measured.TotalSeconds * second);
            long drained = to + (long)(options.Drain.TotalSeconds * second);
            TimeSpan cpu = Cpu();
            RunAll(connections, connection => connection.Run(from, to, drained));
            return Sum(options, connections, Cpu() - cpu);
        }
        finally
        {
            foreach (WireConnection connection in connections) connection.Dispose();
        }
    }

    private static void RunAll(WireConnection[] connections, Action<WireConnection> run)
    {
        ExceptionDispatchInfo? failure = null;
        Thread[] threads = [.. connections.Select(connection => new Thread(() =>
        {
            try
            {
                run(connection);
            }
            catch (Exception error) when (error is IOException or InvalidOperationException or InvalidDataException or System.Net.Sockets.SocketException)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(error), null);
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        failure?.Throw();
    }

    private static WireResult Sum(WireOptions options, WireConnection[] connections, TimeSpan cpu)
    {
        long[] outcomes = new long[32];
        var latency = new LongHistogram(1, 60_000_000, 3);
        foreach (WireConnection connection in connections)
        {
            for (int i = 0; i < outcomes.Length; i++) outcomes[i] += connection.Outcomes[i];
            latency.Add(connection.Latency);
        }

        return new WireResult(
            options.Measured.TotalSeconds, outcomes, connections.Sum(c => c.Failed), connections.Sum(c => c.Unanswered), connections.Sum(c => c.Ended), cpu,
            latency);
    }

    private static TimeSpan Cpu()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime;
    }
}
