using CoopGrid.LoadTest.Wire;
using CoopGrid.Protocol.V1;
using Grpc.Core;
using Grpc.Net.Client;
using HdrHistogram;

namespace CoopGrid.LoadTest.Cluster;

/// <summary>A closed loop of batches at one silo, each of members that follow one another.</summary>
internal sealed class BatchLoad(ClusterLoad load, int port, int[] members, int inFlight, TimeProvider clock)
{
    private const long LongestMicros = 60_000_000;

    private readonly string _run = $"{Guid.NewGuid():N}"[..12];
    private readonly long[] _outcomes = new long[32];
    private readonly LongHistogram _latency = new(1, LongestMicros, 3);
    private readonly Lock _lock = new();
    private long _failed;
    private long _calls;
    private int _batches;

    /// <returns>Of single requests; the latency is that of their batch.</returns>
    public async Task<WireResult> RunAsync()
    {
        using GrpcChannel channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var door = new Admission.AdmissionClient(channel);
        long started = clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(() => AskAsync(door, started))));
        return new WireResult(load.Measured.TotalSeconds, _outcomes, _failed, 0, _calls, TimeSpan.Zero, _latency);
    }

    private async Task AskAsync(Admission.AdmissionClient door, long started)
    {
        while (clock.GetElapsedTime(started) < load.WarmUp + load.Measured)
        {
            AdmitBatchRequest batch = Next();
            long asked = clock.GetTimestamp();
            bool counts = clock.GetElapsedTime(started) >= load.WarmUp;
            try
            {
                AdmitBatchReply reply = await door.AdmitBatchAsync(batch);
                Count(reply, (long)clock.GetElapsedTime(asked).TotalMicroseconds, counts);
            }
            catch (RpcException)
            {
                lock (_lock)
                {
                    _calls += load.Batch;
                    _failed += counts ? load.Batch : 0;
                }
            }
        }
    }

    private AdmitBatchRequest Next()
    {
        long number = Interlocked.Increment(ref _batches);
        var batch = new AdmitBatchRequest();
        for (int i = 0; i < load.Batch; i++)
        {
            long place = (number * load.Batch) + i;
            batch.Requests.Add(new AdmitRequest
            {
                Coop = ClusterCharter.Coop,
                Member = $"{ClusterCharter.MemberPrefix}{members[place % members.Length]:D7}",
                Units = 1,
                Key = $"{_run}-{place}",
            });
        }

        return batch;
    }

    private void Count(AdmitBatchReply reply, long micros, bool counts)
    {
        lock (_lock)
        {
            _calls += reply.Replies.Count;
            if (!counts) return;
            foreach (AdmitReply item in reply.Replies) _outcomes[(int)item.Outcome]++;
            _latency.RecordValue(Math.Clamp(micros, 1, LongestMicros));
        }
    }
}
