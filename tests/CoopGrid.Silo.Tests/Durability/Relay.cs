using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;

namespace CoopGrid.Silo.Tests.Durability;

/// <summary>
/// A caller that sends without a pause, in every form there is, and repeats what was not answered with the same key. It asks again for keys
/// that were answered, and cancels some.
/// </summary>
internal sealed class Relay(Address address, History history, int seed, int number)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly Random _random = new((seed * 1000) + number);
    private readonly List<Send> _mine = [];
    private int _keys;

    /// <summary>Sends until <paramref name="stop"/>; then what is open is left open.</summary>
    public async Task Run(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested) await Act(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>Whether a status says that nothing is known of the call.</summary>
    public static bool IsUnknown(RpcException failure) => failure.StatusCode
        is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled or StatusCode.Unknown or StatusCode.DeadlineExceeded;

    private Task Act(CancellationToken stop) => _random.Next(100) switch
    {
        < 45 => Ask(NewSend(), stop),
        < 55 => AskTwice(NewSend(), stop),
        < 65 => AskMany(Several(), InBatch, stop),
        < 75 => AskMany(Several(), InStream, stop),
        < 85 => OldSend() is { } old ? Ask(old, stop) : Task.CompletedTask,
        _ => OldSend() is { IsAdmitted: true } admitted ? Cancel(admitted, stop) : Task.CompletedTask,
    };

    private async Task AskTwice(Send send, CancellationToken stop) => await Task.WhenAll(Ask(send, stop), Ask(send, stop));

    private Task Ask(Send send, CancellationToken stop) => Answered(
        async clients =>
        {
            bool wasAdmitted = send.IsAdmitted;
            history.Tell(send, await AskOne(clients, send.Request(), stop), wasAdmitted);
        },
        stop);

    private static async Task<AdmitReply> AskOne(SiloClients clients, AdmitRequest request, CancellationToken stop)
    {
        try
        {
            return await clients.Admission.AdmitAsync(request, cancellationToken: stop);
        }
        catch (RpcException spent) when (spent.StatusCode == StatusCode.FailedPrecondition)
        {
            return new() { Outcome = Outcome.KeyCancelled };
        }
    }

    private Task AskMany(Send[] sends, Func<SiloClients, AdmitBatchRequest, CancellationToken, Task<AdmitBatchReply>> ask, CancellationToken stop) => Answered(
        async clients =>
        {
            bool[] wasAdmitted = [.. sends.Select(send => send.IsAdmitted)];
            var batch = new AdmitBatchRequest();
            batch.Requests.AddRange(sends.Select(send => send.Request()));
            AdmitBatchReply reply = await ask(clients, batch, stop);
            for (int i = 0; i < sends.Length; i++) history.Tell(sends[i], reply.Replies[i], wasAdmitted[i]);
        },
        stop);

    private static async Task<AdmitBatchReply> InBatch(SiloClients clients, AdmitBatchRequest batch, CancellationToken stop) =>
        await clients.Admission.AdmitBatchAsync(batch, cancellationToken: stop);

    private static async Task<AdmitBatchReply> InStream(SiloClients clients, AdmitBatchRequest batch, CancellationToken stop)
    {
        using AsyncDuplexStreamingCall<AdmitBatchRequest, AdmitBatchReply> stream = clients.Admission.AdmitStream(cancellationToken: stop);
        await stream.RequestStream.WriteAsync(batch, stop);
        await stream.RequestStream.CompleteAsync();
        return await stream.ResponseStream.MoveNext(stop)
            ? stream.ResponseStream.Current
            : throw new RpcException(new Status(StatusCode.Unknown, "The stream ended without an answer."));
    }

    private Task Cancel(Send send, CancellationToken stop)
    {
        if (send.ReturnTold == send.Units) return Task.CompletedTask;
        bool wholly = _random.Next(2) == 0;
        send.ReturnAsked = wholly ? send.Units : _random.NextInt64(send.ReturnTold + 1, send.Units + 1);
        var request = new CancelRequest { Coop = Charters.Coop, Member = send.Member, Key = send.Key, Units = wholly ? 0 : send.ReturnAsked };
        return Answered(
            async clients =>
            {
                CancelReply reply = await clients.Admission.CancelAsync(request, cancellationToken: stop);
                history.Answered();
                if (reply.ReturnedUnits != send.ReturnAsked) history.Fault($"{send.Key}: {send.ReturnAsked} units were to be given back, not {reply.ReturnedUnits}");
                send.ReturnTold = send.ReturnAsked;
                send.Returns++;
            },
            stop);
    }

    /// <summary>Repeats a call until it is answered.</summary>
    private async Task Answered(Func<SiloClients, Task> call, CancellationToken stop)
    {
        while (true)
        {
            SiloClients clients = await address.Now(stop);
            try
            {
                await call(clients);
                return;
            }
            catch (Exception failure) when (failure is IOException || (failure is RpcException status && IsUnknown(status)))
            {
                // A stream to a silo that dies while it is written to ends without a status.
                history.NotAnswered();
                await Task.Delay(Pause, TimeProvider.System, stop);
            }
            catch (RpcException failure)
            {
                history.Fault(failure.Message);
                return;
            }
        }
    }

    private Send[] Several() => [.. Enumerable.Range(0, _random.Next(1, 12)).Select(_ => _random.Next(5) == 0 ? OldSend() ?? NewSend() : NewSend())];

    private Send? OldSend() => _mine.Count == 0 ? null : _mine[_random.Next(_mine.Count)];

    // The first members send most.
    private Send NewSend()
    {
        bool firm = _random.Next(10) == 0;
        string[] names = firm ? FireCharter.FirmNames : FireCharter.PeopleNames;
        string member = names[(int)(_random.NextDouble() * _random.NextDouble() * names.Length)];
        SendForm form = firm ? SendForm.Units : (SendForm)_random.Next(3);
        string lane = _random.Next(6) switch { 0 when !firm => "critical", 1 => "bulk", 2 => "standard", _ => "" };
        var send = new Send(member, $"{number}-{_keys++}", lane, _random.Next(2, 40), form);
        _mine.Add(send);
        history.Add(send);
        return send;
    }
}
