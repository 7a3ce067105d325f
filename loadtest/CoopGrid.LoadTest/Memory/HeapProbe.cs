using System.Diagnostics;
using System.Diagnostics.Tracing;
using CoopGrid.LoadTest.Cluster;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers;
using Microsoft.Diagnostics.Tracing.Parsers.Clr;

namespace CoopGrid.LoadTest.Memory;

/// <summary>What a process holds.</summary>
/// <param name="HeapBytes">Objects on the managed heap after a full collection, the gaps between them left aside.</param>
/// <param name="ResidentBytes">Resident set as the kernel tells it; the runtime gives memory back late, so it only falls slowly.</param>
/// <param name="ProcessorSeconds">Processor time since the process's start.</param>
internal sealed record HeapReading(long HeapBytes, long ResidentBytes, double ProcessorSeconds);

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
            double processor = ProcessorSeconds(process);
            long heap = await read.Task.WaitAsync(Patience, TimeProvider.System, stop);
            return new(heap, ProcessTable.ResidentBytes(process), processor);
        }
        finally
        {
            await session.StopAsync(CancellationToken.None);
            await reading;
        }
    }

    /// <summary>What the first full collection left: each of the collector's heaps tells its share before the collection's end.</summary>
    private static void Listen(EventPipeSession session, TaskCompletionSource<long> read)
    {
        const int Full = 2;
        int? collection = null;
        long objects = 0;
        using var source = new EventPipeEventSource(session.EventStream);
        source.Clr.GCStart += start => collection ??= start.Depth == Full ? start.Count : null;
        source.Clr.GCPerHeapHistory += heap =>
        {
            for (Gens generation = Gens.Gen0; generation <= Gens.GenLargeObj; generation++) objects += heap.GenData(generation).ObjSizeAfter;
        };
        source.Clr.GCStop += end =>
        {
            if (end.Count == collection) read.TrySetResult(objects);
            else if (collection is null) objects = 0;
        };
        source.Process();
        read.TrySetException(new InvalidOperationException("The silo's diagnostics port closed before it told of its heap."));
    }

    private static double ProcessorSeconds(int process)
    {
        using Process found = Process.GetProcessById(process);
        return found.TotalProcessorTime.TotalSeconds;
    }
}
