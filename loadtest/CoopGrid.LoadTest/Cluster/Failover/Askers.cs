using CoopGrid.LoadTest.Schedule;
using CoopGrid.Protocol.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace CoopGrid.LoadTest.Cluster.Failover;

/// <summary>
/// One caller for each member. It asks at a steady pace, whether it was answered or not, at the silos that are open to it by turns, with a
/// new key each time and without trying again: what fails is seen.
/// </summary>
internal sealed class Askers(int members, TimeSpan pace, TimeSpan deadline, TimeProvider clock)
{
    private readonly string[] _names = Workload.Names(FailoverCharter.MemberPrefix, members);
    private readonly long _started = clock.GetTimestamp();
    private readonly List<Ask> _asks = [];
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _underWay = [];
    private volatile GrpcChannel[] _doors = [];

    /// <summary>Milliseconds since the run began.</summary>
    public double NowMs => clock.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>Everything that was answered or failed so far.</summary>
    public Ask[] Asks
    {
        get
        {
            lock (_lock) return [.. _asks];
        }
    }

    /// <summary>From now on only these silos are asked.</summary>
    public void AskAt(IEnumerable<Uri> addresses) => _doors = [.. addresses.Select(address => GrpcChannel.ForAddress(address))];

    /// <summary>Asks until it is stopped, and returns when every question has ended.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        await Task.WhenAll(Enumerable.Range(0, members).Select(member => AskAsync(member, stop)));
        Task[] last;
        lock (_lock) last = [.. _underWay];
        await Task.WhenAll(last);
    }

    private async Task AskAsync(int member, CancellationToken stop)
    {
        try
        {
            // One after another, or all would ask at the same moment again and again.
            await Task.Delay(pace * member / members, clock, stop);
            using var timer = new PeriodicTimer(pace, clock);
            for (long turn = 0; await timer.WaitForNextTickAsync(stop); turn++) Start(member, turn);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private void Start(int member, long turn)
    {
        GrpcChannel[] doors = _doors;
        if (doors.Length == 0) return;
        Task asking = OnceAsync(member, turn, doors[(member + (int)turn) % doors.Length]);
        lock (_lock) _underWay.Add(asking);
        _ = asking.ContinueWith(
            ended =>
            {
                lock (_lock) _underWay.Remove(ended);
            },
            TaskScheduler.Default);
    }

    private async Task OnceAsync(int member, long turn, GrpcChannel door)
    {
        double sent = NowMs;
        Told told;
        string? trouble = null;
        try
        {
            AdmitReply reply = await new Admission.AdmissionClient(door).AdmitAsync(
                new() { Coop = FailoverCharter.Coop, Member = _names[member], Units = 1, Key = $"{member}-{turn}", MaxWaitMs = 0 },
                deadline: clock.GetUtcNow().UtcDateTime + deadline);
            told = reply.Outcome switch
            {
                Outcome.Admitted => Told.Admitted,
                Outcome.CapacityExceeded => Told.Refused,
                _ => Told.Failed,
            };
            if (told == Told.Failed) trouble = $"{reply.Outcome}: {reply.Reason}";
        }
        catch (RpcException failure)
        {
            told = Told.Failed;
            trouble = $"{failure.StatusCode}: {failure.Status.Detail}";
        }

        lock (_lock) _asks.Add(new(member, sent, NowMs, told, trouble));
    }
}
