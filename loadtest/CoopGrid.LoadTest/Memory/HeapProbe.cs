using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers;

namespace CoopGrid.LoadTest.Memory;

/// <summary>What a process holds.</summary>
/// <param name="HeapBytes">Managed heap after a full collection, gaps between objects included.</param>
/// <param name="ResidentBytes">Resident set as the kernel tells it; the runtime gives memory back late, so it only falls slowly.</param>
internal sealed record HeapReading(long HeapBytes, long ResidentBytes);

/// <summary>
/// Reads another .NET process's heap from outside, through the runtime's own diagnostics port: the request for heap statistics makes it
/// collect everything first.
/// </summary>
internal static class HeapProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <exception cref="TimeoutException">The process did not collect.</exception>
    public static async Task<HeapReading> ReadAsync(int process, CancellationToken stop)
    {
        var provider = new EventPipeProvider(
            ClrTraceEventParser.ProviderName, EventLevel.Informational, (long)(ClrTraceEventParser.Keywords.GC | ClrTraceEventParser.Keywords.GCHeapCollect));
        using EventPipeSession session = await new DiagnosticsClient(process).StartEventPipeSessionAsync(provider, requestRundown: false, token: stop);
        var read = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task reading = Task.Run(() => Listen(session, read), CancellationToken.None);
        try
        {
            long heap = await read.Task.WaitAsync(Patience, TimeProvider.System, stop);
            return new(heap, await ResidentAsync(process, stop));
        }
        finally
        {
            await session.StopAsync(CancellationToken.None);
            await reading;
        }
    }

    /// <summary>The first full collection's statistics; they follow its end.</summary>
    private static void Listen(EventPipeSession session, TaskCompletionSource<long> read)
    {
        const int Full = 2;
        int? collection = null;
        bool ended = false;
        using var source = new EventPipeEventSource(session.EventStream);
        source.Clr.GCStart += start => collection ??= start.Depth == Full ? start.Count : null;
        source.Clr.GCStop += end => ended |= end.Count == collection;
        source.Clr.GCHeapStats += stats =>
        {
            if (ended) read.TrySetResult(stats.TotalHeapSize);
        };
        source.Process();
        read.TrySetException(new InvalidOperationException("The silo's diagnostics port closed before it told of its heap."));
    }

    private static async Task<long> ResidentAsync(int process, CancellationToken stop)
    {
        string[] lines = await File.ReadAllLinesAsync($"/proc/{process}/status", stop);
        string line = lines.First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }
}
