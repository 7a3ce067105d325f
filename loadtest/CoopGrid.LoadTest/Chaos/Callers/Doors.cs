using CoopGrid.LoadTest.Chaos.Judging;
using CoopGrid.LoadTest.Cluster.Asking;
using CoopGrid.Protocol.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace CoopGrid.LoadTest.Chaos.Callers;

/// <summary>
/// Asks at the silos' doors, one attempt a call, and records what it was told. Nothing is retried here. A status that leaves the outcome open, whichever it is, and the
/// attempt's deadline are recorded as UNAVAILABLE.
/// </summary>
internal sealed class Doors(IReadOnlyList<Uri> addresses, HistoryLog history, TimeProvider clock) : IDisposable
{
    /// <summary>After which an attempt is given up.</summary>
    public static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(3);

    private const int StreamBatch = 3;

    private readonly GrpcChannel[] _channels = [.. addresses.Select(SiloChannel.Open)];
    private readonly long _started = clock.GetTimestamp();

    public int Count => _channels.Length;

    /// <summary>µs on the history's clock.</summary>
    public long Now => (long)clock.GetElapsedTime(_started).TotalMicroseconds;

    /// <summary>Asks one question once; a batch is asked by <see cref="AskAllAsync"/>.</summary>
    public async Task<CallRecord> AskAsync(Question question, CallPhase phase, int silo)
    {
        long asked = Now;
        CallRecord told = question.Kind == CallKind.Cancel ? await CancelAsync(question, phase, silo, asked) : await AdmitAsync(question, phase, silo, asked);
        history.Add(told);
        return told;
    }

    /// <summary>Asks admissions once, as one batch.</summary>
    public async Task<IReadOnlyList<CallRecord>> AskAllAsync(IReadOnlyList<Question> questions, CallPhase phase, int silo)
    {
        long asked = Now;
        CallRecord[] told;
        try
        {
            AdmitBatchReply reply = await Of(silo).AdmitBatchAsync(BatchOf(questions), Limit());
            long answered = Now;
            told = [.. questions.Select((question, i) => question.Told(phase, silo, asked, answered, reply.Replies[i]))];
        }
        catch (RpcException error)
        {
            told = Failed(questions, phase, silo, asked, error);
        }

        foreach (CallRecord call in told) history.Add(call);
        return told;
    }

    /// <summary>Asks admissions once, on a stream of small batches; when it breaks, those that were answered before are answered.</summary>
    public async Task<IReadOnlyList<CallRecord>> AskOnStreamAsync(IReadOnlyList<Question> questions, CallPhase phase, int silo)
    {
        long asked = Now;
        var told = new List<CallRecord>();
        try
        {
            using AsyncDuplexStreamingCall<AdmitBatchRequest, AdmitBatchReply> stream = Of(silo).AdmitStream(Limit());
            foreach (Question[] few in questions.Chunk(StreamBatch)) await stream.RequestStream.WriteAsync(BatchOf(few));
            await stream.RequestStream.CompleteAsync();
            await foreach (AdmitBatchReply reply in stream.ResponseStream.ReadAllAsync())
            {
                long answered = Now;
                foreach (AdmitReply one in reply.Replies) told.Add(questions[told.Count].Told(phase, silo, asked, answered, one));
            }
        }
        catch (RpcException error)
        {
            told.AddRange(Failed(questions.Skip(told.Count), phase, silo, asked, error));
        }
        catch (IOException broken)
        {
            // The silo died while the stream was written to: that has no status.
            told.AddRange(Failed(questions.Skip(told.Count), phase, silo, asked, new RpcException(new Status(StatusCode.Unavailable, broken.Message))));
        }

        foreach (CallRecord call in told) history.Add(call);
        return told;
    }

    public void Dispose()
    {
        foreach (GrpcChannel channel in _channels) channel.Dispose();
    }

    private async Task<CallRecord> AdmitAsync(Question question, CallPhase phase, int silo, long asked)
    {
        try
        {
            AdmitReply reply = await Of(silo).AdmitAsync(question.Admit(), Limit());
            return question.Told(phase, silo, asked, Now, reply);
        }
        catch (RpcException error)
        {
            return question.Told(phase, silo, asked, Now, OutcomeOf(error.StatusCode), 0, Words(error));
        }
    }

    private async Task<CallRecord> CancelAsync(Question question, CallPhase phase, int silo, long asked)
    {
        try
        {
            CancelReply reply = await Of(silo).CancelAsync(question.Cancel(), Limit());
            return question.Told(phase, silo, asked, Now, Outcome.Admitted, reply.ReturnedUnits, null);
        }
        catch (RpcException error)
        {
            Outcome outcome = error.StatusCode == StatusCode.NotFound ? Outcome.MemberUnknown : OutcomeOf(error.StatusCode);
            return question.Told(phase, silo, asked, Now, outcome, 0, Words(error));
        }
    }

    private static AdmitBatchRequest BatchOf(IEnumerable<Question> questions)
    {
        var batch = new AdmitBatchRequest();
        batch.Requests.AddRange(questions.Select(question => question.Admit()));
        return batch;
    }

    private CallRecord[] Failed(IEnumerable<Question> questions, CallPhase phase, int silo, long asked, RpcException error)
    {
        long ended = Now;
        Outcome outcome = OutcomeOf(error.StatusCode);
        return [.. questions.Select(question => question.Told(phase, silo, asked, ended, outcome, 0, Words(error)))];
    }

    private static Outcome OutcomeOf(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument => Outcome.Invalid,
        StatusCode.AlreadyExists => Outcome.KeyConflict,
        StatusCode.FailedPrecondition => Outcome.KeyCancelled,
        StatusCode.NotFound => Outcome.CoopUnknown,
        _ => Outcome.Unavailable,
    };

    private static string Words(RpcException error) => $"{error.StatusCode}: {error.Status.Detail}";

    private Admission.AdmissionClient Of(int silo) => new(_channels[silo]);

    private CallOptions Limit() => new(deadline: clock.GetUtcNow().UtcDateTime + AttemptTimeout);
}
