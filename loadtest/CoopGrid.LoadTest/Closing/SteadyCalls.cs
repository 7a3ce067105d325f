using CoopGrid.LoadTest.Results;
using CoopGrid.LoadTest.Sending;
using CoopGrid.Protocol.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace CoopGrid.LoadTest.Closing;

/// <summary>Unary admissions at a steady pace, whether they are answered or not; what they took, phase by phase.</summary>
internal sealed class SteadyCalls(GrpcChannel channel, string[] members, double perSecond, TimeProvider clock)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly Admission.AdmissionClient _door = new(channel);
    private readonly string _run = Guid.NewGuid().ToString("N")[..12];
    private volatile Phase _phase = new();

    /// <summary>Calls until it is stopped, and returns when all calls have ended.</summary>
    public Task RunAsync(CancellationToken stop) => new Cluster.Asking.Pace(clock).RunAsync(perSecond, long.MaxValue, OnceAsync, stop);

    /// <summary>Ends a phase and begins the next one. A call belongs to the phase that it was sent in.</summary>
    public (LatencyMs Latency, long Failed) NextPhase()
    {
        Phase ended = _phase;
        _phase = new();
        return (ended.Times.Read(), Interlocked.Read(ref ended.Failed));
    }

    private async Task OnceAsync(long number)
    {
        Phase phase = _phase;
        long sent = clock.GetTimestamp();
        var request = new AdmitRequest { Coop = ClosingPlan.Coop, Member = members[number % members.Length], Units = 1, Key = $"{_run}-{number}", MaxWaitMs = 0 };
        try
        {
            AdmitReply reply = await _door.AdmitAsync(request, deadline: clock.GetUtcNow().UtcDateTime + Deadline);
            phase.Times.Record((long)clock.GetElapsedTime(sent).TotalMicroseconds);
            if (reply.Outcome != Outcome.Admitted) Interlocked.Increment(ref phase.Failed);
        }
        catch (RpcException)
        {
            Interlocked.Increment(ref phase.Failed);
        }
    }

    private sealed class Phase
    {
        public long Failed;

        public LatencyLog Times { get; } = new();
    }
}
