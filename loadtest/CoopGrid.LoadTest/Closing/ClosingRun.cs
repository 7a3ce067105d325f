using CoopGrid.Client;
using CoopGrid.LoadTest.Cluster;
using CoopGrid.LoadTest.Cluster.Asking;
using CoopGrid.LoadTest.Cluster.Failover;
using CoopGrid.LoadTest.Results;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.Protocol.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace CoopGrid.LoadTest.Closing;

/// <summary>
/// Fills one epoch with members, waits until the silo closes it by itself, and measures admission before and meanwhile. The silo must have been started at an
/// epoch's beginning, so that everything falls into one.
/// </summary>
/// <param name="process">The silo's.</param>
internal sealed class ClosingRun(ClosingPlan plan, CoopGridClient client, Uri address, int process, TimeProvider clock)
{
    private const int Lanes = 4;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(15);

    private readonly string[] _members = Workload.Names("m-", plan.Members);
    private readonly MemoryWatch _memory = new([process], clock);
    private readonly StallWatch _stalls = new(clock);

    /// <summary>How long enrolling all took.</summary>
    public double EnrolSeconds { get; private set; }

    /// <summary>How long one admission of each took.</summary>
    public double UseSeconds { get; private set; }

    /// <summary>Enrols all members and has each admitted once.</summary>
    /// <exception cref="InvalidOperationException">The epoch was over before all were.</exception>
    public async Task FillAsync(long epoch, CancellationToken stop)
    {
        EnrolSeconds = await TimedAsync(() => InLanes(_members, async chunk =>
        {
            var request = new EnrollBatchRequest { Coop = ClosingPlan.Coop, Class = ClosingPlan.Class };
            request.Members.AddRange(chunk);
            await client.Members.EnrollBatchAsync(request, stop);
        }));
        UseSeconds = await TimedAsync(() => InLanes(_members, async chunk =>
        {
            AdmitRequest[] requests = [.. chunk.Select(member => new AdmitRequest { Coop = ClosingPlan.Coop, Member = member, Units = 1, Key = "first" })];
            IReadOnlyList<AdmissionAnswer> answers = await client.AdmitBatchAsync(requests, stop);
            if (answers.FirstOrDefault(answer => answer.Outcome != Outcome.Admitted) is { } other)
                throw new InvalidOperationException($"A request was answered {other.Outcome} {other.Reply.Reason}.");
        }));
        if (EpochNow() != epoch)
            throw new InvalidOperationException($"Enrolling took {EnrolSeconds:F0} s and using {UseSeconds:F0} s, more than the epoch has: raise --epoch-seconds.");
    }

    /// <summary>The number of the epoch that runs now.</summary>
    public long EpochNow() => clock.GetUtcNow().ToUnixTimeMilliseconds() / (long)plan.Epoch.TotalMilliseconds;

    /// <summary>Goes on admitting through the quiet before the closing and through the closing.</summary>
    public async Task<(ClosingPhase Quiet, ClosingPhase Closing, ClosingReply End)> MeasureAsync(long epoch, Action<string> tell, CancellationToken stop)
    {
        using GrpcChannel channel = SiloChannel.Open(address);
        var calls = new SteadyCalls(channel, _members[..plan.Active], plan.PerSecond, clock);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task[] running = [calls.RunAsync(over.Token), _memory.RunAsync(over.Token), _stalls.RunAsync(over.Token)];
        try
        {
            // Compiled and warm before it counts; then whatever is left until the closing begins, of which the last part is the quiet.
            DateTimeOffset begins = DateTimeOffset.FromUnixTimeMilliseconds((epoch + 1) * (long)plan.Epoch.TotalMilliseconds) + TimeSpan.FromMinutes(10);
            tell($"the epoch's closing begins at {begins:HH:mm:ss}");
            TimeSpan until = begins - clock.GetUtcNow() - plan.Quiet;
            if (until > TimeSpan.Zero) await Task.Delay(until, clock, stop);
            Mark(calls, out Start start);
            tell("quiet");
            await UntilAsync(epoch, reply => reply is not null, tell, stop);
            ClosingPhase quiet = End(calls, start, out start);
            tell($"closing; quiet p50 {quiet.Latency.P50:F2} ms, p99 {quiet.Latency.P99:F2} ms");
            ClosingReply end = (await UntilAsync(epoch, reply => reply?.State == ClosingState.Closed, tell, stop))!;
            return (quiet, End(calls, start, out _), end);
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(running);
        }
    }

    private async Task<ClosingReply?> UntilAsync(long epoch, Func<ClosingReply?, bool> isSo, Action<string> tell, CancellationToken stop)
    {
        long began = clock.GetTimestamp(), told = began;
        while (true)
        {
            ClosingReply? reply = await LookAsync(epoch, stop);
            if (isSo(reply)) return reply;
            if (clock.GetElapsedTime(began) > plan.Patience) throw new InvalidOperationException($"The closing of epoch {epoch} takes too long: {reply}");
            if (clock.GetElapsedTime(told) > TellEvery)
            {
                told = clock.GetTimestamp();
                tell($"  {clock.GetElapsedTime(began).TotalSeconds,6:F0} s: {reply?.Bills ?? 0} bills, {_memory.Now[0] / 1e6:F0} MB resident");
            }

            await Task.Delay(LookEvery, clock, stop);
        }
    }

    private async Task<ClosingReply?> LookAsync(long epoch, CancellationToken stop)
    {
        try
        {
            return await client.Billing.GetClosingAsync(new() { Coop = ClosingPlan.Coop, Class = ClosingPlan.Class, Epoch = epoch }, stop);
        }
        catch (RpcException none) when (none.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    private void Mark(SteadyCalls calls, out Start start)
    {
        calls.NextPhase();
        _memory.TakeHighest();
        _stalls.TakeLongestMs();
        start = new(clock.GetTimestamp(), ProcessTable.FamilyTime(process));
    }

    private ClosingPhase End(SteadyCalls calls, Start start, out Start next)
    {
        (LatencyMs latency, IReadOnlyList<FailedKind> failures) = calls.NextPhase();
        next = new(clock.GetTimestamp(), ProcessTable.FamilyTime(process));
        return new(
            Math.Round(clock.GetElapsedTime(start.At, next.At).TotalSeconds, 1), latency, failures, _memory.TakeHighest()[0],
            Math.Round((next.Processor - start.Processor).TotalSeconds, 1), _stalls.TakeLongestMs());
    }

    private async Task<double> TimedAsync(Func<Task> deed)
    {
        long started = clock.GetTimestamp();
        await deed();
        return Math.Round(clock.GetElapsedTime(started).TotalSeconds, 1);
    }

    private static Task InLanes(string[] members, Func<string[], Task> deed) =>
        Parallel.ForEachAsync(members.Chunk(CoopGridClient.MaxBatch), new ParallelOptions { MaxDegreeOfParallelism = Lanes }, async (chunk, _) => await deed(chunk));

    private readonly record struct Start(long At, TimeSpan Processor);
}
