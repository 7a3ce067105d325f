using System.Threading.Channels;
using CoopGrid.Client;
using CoopGrid.LoadTest.Results;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.LoadTest.Sending;

/// <summary>
/// Sends one workload. The pacer hands each request over when its time has come and never waits for an answer; a few starters take
/// them from a bounded channel and begin the calls; each answer is counted where it arrives. Latency counts from the intended time, so a grid
/// that stalls is seen by every request that should have been sent meanwhile.
/// </summary>
internal sealed class LoadRun : IDisposable
{
    private const int Starters = 4;

    private readonly CoopGridClient _client;
    private readonly RunSettings _settings;
    private readonly HistoryWriter? _history;
    private readonly Channel<(int Place, long DueMicros)> _due;
    private readonly SemaphoreSlim _room;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _patient;
    private CancellationToken _stop;
    // Questions without an answer and tickets that are waited for, plus one for the pacer until it is done.
    private int _inFlight = 1;
    private long _started;
    private int _sent;

    public LoadRun(CoopGridClient client, Workload workload, RunSettings settings, HistoryWriter? history = null)
    {
        (_client, Workload, _settings, _history) = (client, workload, settings, history);
        _due = Channel.CreateBounded<(int, long)>(settings.MaxInFlight);
        _room = new SemaphoreSlim(settings.MaxInFlight);
        Tally = new Tally(workload);
        _patient = Array.IndexOf(workload.Groups, Patient.Group);
    }

    public Workload Workload { get; }

    public Tally Tally { get; }

    public TicketTally Tickets { get; } = new();

    public OpenQuestions Open { get; } = new();

    public int Sent => Volatile.Read(ref _sent);

    public int InFlight => Math.Max(0, Volatile.Read(ref _inFlight) - 1 - Tickets.Held);

    public TimeSpan Elapsed => _started == 0 ? TimeSpan.Zero : _settings.Clock.GetElapsedTime(_started);

    /// <summary>A part of the schedule, 0 to 1.</summary>
    public double Part => Workload.LengthMicros == 0 ? 1 : _settings.Pace == Pace.AsAnswered
        ? (double)Sent / Workload.Sends.Length
        : Math.Min(1, Micros / (double)Workload.LengthMicros);

    private long Micros => (long)Elapsed.TotalMicroseconds;

    /// <summary>Sends everything, or until stopped, and returns when every question has ended.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        (_started, _stop) = (_settings.Clock.GetTimestamp(), stop);
        _history?.Begin(_settings.Clock);
        await using ISender sender = Senders.Open(_client, _settings);
        Task[] starters = [.. Enumerable.Range(0, Starters).Select(_ => Task.Run(() => StartAsync(sender), CancellationToken.None))];
        try
        {
            await (_settings.Pace == Pace.Schedule ? PaceAsync(stop) : PushAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // Stopped early: what was sent still counts.
        }

        _due.Writer.Complete();
        await Task.WhenAll(starters);
        Ended();
        await _drained.Task;
    }

    /// <summary>Of one send: its question as it is asked, at first and again.</summary>
    public AdmitRequest Question(int place)
    {
        PlannedSend send = Workload.Sends[place];
        var question = new AdmitRequest
        {
            Coop = _settings.Coop,
            Member = Workload.Members[send.Member],
            Lane = Workload.Lanes[send.Lane],
            Units = send.Units,
            Key = $"{_settings.RunId}-{place}",
        };
        if (_settings.Defer is { } ahead && send.Group == _patient)
        {
            question.MaxMultiplierPermille = 1000;
            question.DeferUntilUnixMs = (_settings.Clock.GetUtcNow() + ahead).ToUnixTimeMilliseconds();
        }

        return question;
    }

    /// <summary>Takes the answer to a question that was open when its first asking ended.</summary>
    public void Resolve(int place, AdmissionAnswer answer)
    {
        Tally.CountResolved(Workload.Sends[place], answer.Reply);
        long now = Micros;
        _history?.Add(new HistoryLine(this, place, Workload.Sends[place].AtMicros, now, now, answer));
    }

    /// <summary>Keeps the ticket of a deferred send, and comes with it in its second.</summary>
    public async Task RedeemAsync(int place, AdmissionAnswer deferred)
    {
        Tickets.Hold(deferred.Reply, _settings.Clock.GetUtcNow());
        try
        {
            AdmissionAnswer answer = await _client.RedeemAsync(Question(place), deferred, _stop);
            if (answer.Outcome == Outcome.Unavailable) Open.Redemptions.Enqueue((place, deferred));
            else Tickets.CountAnswer(deferred.Reply, answer.Reply, _settings.Clock.GetUtcNow());
        }
        catch (OperationCanceledException)
        {
            Tickets.CountExpired();
        }
        catch (RpcException)
        {
            Open.Redemptions.Enqueue((place, deferred));
        }
        finally
        {
            Tickets.LetGo();
        }
    }

    public void Dispose() => _room.Dispose();

    private async Task PaceAsync(CancellationToken stop)
    {
        for (int place = 0; place < Workload.Sends.Length;)
        {
            long now = Micros;
            for (; place < Workload.Sends.Length && Workload.Sends[place].AtMicros <= now; place++)
            {
                if (!_room.Wait(0, CancellationToken.None)) Tally.CountShed();
                else HandOver(place, Workload.Sends[place].AtMicros);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), _settings.Clock, stop);
        }
    }

    private async Task PushAsync(CancellationToken stop)
    {
        for (int place = 0; place < Workload.Sends.Length; place++)
        {
            await _room.WaitAsync(stop);
            HandOver(place, Micros);
        }
    }

    /// <remarks>The channel is as large as the room, so there is always a place in it.</remarks>
    private void HandOver(int place, long dueMicros)
    {
        Interlocked.Increment(ref _inFlight);
        Interlocked.Increment(ref _sent);
        _due.Writer.TryWrite((place, dueMicros));
    }

    private async Task StartAsync(ISender sender)
    {
        await foreach ((int place, long dueMicros) in _due.Reader.ReadAllAsync()) _ = AskAsync(sender, place, dueMicros);
    }

    private async Task AskAsync(ISender sender, int place, long dueMicros)
    {
        long sentMicros = Micros;
        Tally.Lateness.Record(sentMicros - dueMicros);
        AdmissionAnswer answer;
        try
        {
            answer = await sender.AskAsync(Question(place));
        }
        catch (RpcException error)
        {
            answer = new AdmissionAnswer(new AdmitReply { Outcome = Outcome.Unavailable, Reason = error.Status.ToString() }, 1);
        }

        long answeredMicros = Micros;
        Count(place, answer, answeredMicros - dueMicros);
        _history?.Add(new HistoryLine(this, place, dueMicros, sentMicros, answeredMicros, answer));
        if (answer.IsAdmitted && Cancels(place)) await CancelAsync(place, answer.Reply.Units);
        _room.Release();
        if (answer.IsDeferred) await RedeemAsync(place, answer);
        Ended();
    }

    private void Count(int place, AdmissionAnswer answer, long micros)
    {
        PlannedSend send = Workload.Sends[place];
        Tally.Latency.Record(micros);
        if (Workload.Groups[send.Group] == Troupe.Critical) Tally.CriticalLatency.Record(micros);
        if (answer.Outcome == Outcome.Unavailable) Open.Admissions.Enqueue(place);
        Tally.CountAnswer(send, answer.Reply, answer.Attempts);
    }

    private async Task CancelAsync(int place, long units)
    {
        try
        {
            await _client.CancelAsync(CancelOf(place));
            Tally.CountCancelled(Workload.Sends[place], units);
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.NotFound or StatusCode.FailedPrecondition)
        {
            // Can no longer be given back: the units stay charged.
        }
        catch (RpcException)
        {
            Open.Cancels.Enqueue(place);
        }
    }

    internal CancelRequest CancelOf(int place) => new()
    {
        Coop = _settings.Coop,
        Member = Workload.Members[Workload.Sends[place].Member],
        Key = $"{_settings.RunId}-{place}",
    };

    private bool Cancels(int place) => (place * 7919L) % 1000 < _settings.CancelPermille;

    private void Ended()
    {
        if (Interlocked.Decrement(ref _inFlight) == 0) _drained.TrySetResult();
    }
}
