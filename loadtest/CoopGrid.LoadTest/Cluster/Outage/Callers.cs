using CoopGrid.LoadTest.Cluster.Asking;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.Protocol.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace CoopGrid.LoadTest.Cluster.Outage;

/// <summary>
/// Callers that ask at a steady pace, whether they are answered or not, at all silos by turns and for all members by turns, with new keys and
/// without trying again: what fails is seen. Some questions are asked a second time, as relays do.
/// </summary>
internal sealed class Callers(CallLog log, IReadOnlyList<Uri> addresses, OutageLoad load, TimeProvider clock) : IDisposable
{
    /// <summary>A patient caller's deadline: long after the second that is promised.</summary>
    private static readonly TimeSpan Patient = TimeSpan.FromSeconds(30);

    private const string Unary = "unary";

    private readonly GrpcChannel[] _channels = [.. addresses.Select(SiloChannel.Open)];
    private readonly string[] _members = Workload.Names(ClusterCharter.MemberPrefix, load.Members);
    private long _lastUnary = -1;

    /// <summary>Asks until it is stopped, and returns when every call has ended.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(
    [
        new Pace(clock).RunAsync(load.UnaryPerSecond, long.MaxValue, AskPatientlyAsync, stop),
        new Pace(clock).RunAsync(load.HurriedPerSecond, long.MaxValue, number => AskAsync(CallKind.Hurried, load.HurriedDeadline, Question("hurried", number), number), stop),
        new Pace(clock).RunAsync(load.AgainPerSecond, long.MaxValue, AskAgainAsync, stop),
        new Pace(clock).RunAsync(load.BatchesPerSecond, long.MaxValue, AskBatchAsync, stop),
        .. _channels.Select((channel, place) => new StreamCaller(log, channel, load.StreamedPerSecond, number => Batch($"stream{place}", number), clock).RunAsync(stop)),
    ]);

    public void Dispose()
    {
        foreach (GrpcChannel channel in _channels) channel.Dispose();
    }

    private Task AskPatientlyAsync(long number)
    {
        Volatile.Write(ref _lastUnary, number);
        return AskAsync(CallKind.Unary, Patient, Question(Unary, number), number);
    }

    private Task AskAgainAsync(long number)
    {
        long before = Volatile.Read(ref _lastUnary) - (long)load.UnaryPerSecond;
        return before < 0 ? Task.CompletedTask : AskAsync(CallKind.Again, Patient, Question(Unary, before), number);
    }

    private async Task AskAsync(CallKind kind, TimeSpan deadline, AdmitRequest question, long number)
    {
        double sent = log.Begin(1);
        AdmitReply? reply = null;
        try
        {
            reply = await Door(number).AdmitAsync(question, Until(deadline));
        }
        catch (RpcException)
        {
        }

        log.End(kind, LimitMs(deadline), sent, [question], reply is null ? null : [reply]);
    }

    private async Task AskBatchAsync(long number)
    {
        AdmitBatchRequest batch = Batch("batch", number);
        double sent = log.Begin(batch.Requests.Count);
        IReadOnlyList<AdmitReply>? replies = null;
        try
        {
            replies = (await Door(number).AdmitBatchAsync(batch, Until(Patient))).Replies;
        }
        catch (RpcException)
        {
        }

        log.End(CallKind.Batch, LimitMs(Patient), sent, batch.Requests, replies);
    }

    internal static double LimitMs(TimeSpan deadline) => Math.Min(deadline.TotalMilliseconds, StreamCaller.LimitMs);

    private Admission.AdmissionClient Door(long number) => new(_channels[(int)(number % _channels.Length)]);

    private CallOptions Until(TimeSpan deadline) => new(deadline: clock.GetUtcNow().UtcDateTime + deadline);

    private AdmitBatchRequest Batch(string caller, long number)
    {
        var batch = new AdmitBatchRequest();
        for (int i = 0; i < load.Batch; i++) batch.Requests.Add(Question(caller, (number * load.Batch) + i));
        return batch;
    }

    // Members go by turns at every silo: the number of members and that of silos have no common divisor but 1, or the step would keep each at one.
    private AdmitRequest Question(string caller, long number) => new()
    {
        Coop = ClusterCharter.Coop,
        Member = _members[number % _members.Length],
        Units = 1,
        Key = $"{caller}-{number}",
    };
}

/// <summary>How much is asked.</summary>
internal sealed record OutageLoad
{
    /// <summary>Members that are asked for; a prime, so that each comes to every silo.</summary>
    public int Members { get; init; } = 307;

    public double UnaryPerSecond { get; init; } = 300;

    public double HurriedPerSecond { get; init; } = 100;

    public TimeSpan HurriedDeadline { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Questions of the patient callers that are asked a second time a second later, with their keys.</summary>
    public double AgainPerSecond { get; init; } = 50;

    public double BatchesPerSecond { get; init; } = 10;

    /// <summary>Messages a second on each silo's stream.</summary>
    public double StreamedPerSecond { get; init; } = 5;

    /// <summary>Requests in a batch and in a message of a stream.</summary>
    public int Batch { get; init; } = 8;
}
