using System.Collections.Concurrent;
using CoopGrid.LoadTest.Cluster.Failover;
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
    private volatile Phase _phase = new(clock);

    /// <summary>Calls until it is stopped, and returns when all calls have ended.</summary>
    public Task RunAsync(CancellationToken stop) => new Cluster.Asking.Pace(clock).RunAsync(perSecond, long.MaxValue, OnceAsync, stop);

    /// <summary>Ends a phase and begins the next one. A call belongs to the phase that it was sent in.</summary>
    public (LatencyMs Latency, IReadOnlyList<FailedKind> Failed) NextPhase()
    {
        Phase ended = _phase;
        _phase = new(clock);
        return (ended.Times.Read(), ended.Failed);
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
            if (reply.Outcome != Outcome.Admitted) phase.Fail($"{reply.Outcome}: {reply.Reason}", sent);
        }
        catch (RpcException failure)
        {
            phase.Fail($"{failure.StatusCode}: {failure.Status.Detail}", sent);
        }
    }

    private sealed class Phase(TimeProvider clock)
    {
        private readonly long _began = clock.GetTimestamp();
        private readonly ConcurrentDictionary<string, FailedKind> _failed = [];

        public LatencyLog Times { get; } = new();

        public IReadOnlyList<FailedKind> Failed => [.. _failed.Values.OrderByDescending(kind => kind.Count)];

        public void Fail(string trouble, long sent)
        {
            double sentMs = Math.Round(clock.GetElapsedTime(_began, sent).TotalMilliseconds), endedMs = Math.Round(clock.GetElapsedTime(_began).TotalMilliseconds);
            _failed.AddOrUpdate(
                trouble,
                _ => new(trouble, 1, sentMs, endedMs),
                (_, before) => new(trouble, before.Count + 1, Math.Min(before.FirstSentMs, sentMs), Math.Max(before.LastEndedMs, endedMs)));
        }
    }
}
