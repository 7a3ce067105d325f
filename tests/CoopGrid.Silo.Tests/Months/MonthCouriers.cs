using System.Collections.Concurrent;
using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Durability;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.Months;

/// <summary>
/// Relays of the couriers. What is in no hurry has a deadline and is not to be surged: by day it gets a ticket, of which some are given back, some are come with in
/// their second, and most are left to expire.
/// </summary>
internal sealed class MonthCouriers(MonthGrid grid)
{
    private const int Relays = 2;
    private const int TicketsARound = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    // Of the class's own promise: the room of a second is set aside before it, in the machine's time.
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(4);

    private readonly ConcurrentQueue<ToldSend> _told = [];
    private int _unknown;
    private int _round;

    public IReadOnlyCollection<ToldSend> Told => _told;

    /// <summary>Questions whose outcome no relay knows.</summary>
    public int Unknown => Volatile.Read(ref _unknown);

    /// <summary>Tickets that admitted something.</summary>
    public int Redeemed { get; private set; }

    private bool IsDear => grid.Now.Hour is >= 6 and < 21;

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, Relays).Select(relay => RunAsync(relay, new Random(300 + relay), stop)));

    /// <summary>Where everything is dearer now: gets tickets, gives some back, goes on to their second, and comes with some.</summary>
    /// <returns>Whether it was so.</returns>
    public async Task<bool> RedeemAsync()
    {
        if (!IsDear) return false;
        int round = _round++;
        List<(AdmitRequest Request, AdmitReply Reply)> tickets = [];
        for (int i = 0; i < TicketsARound; i++)
        {
            AdmitRequest request = Patient(MonthCharter.CourierNames[i], $"ticket {round}/{i}", 5 + i);
            AdmitReply reply = await grid.Answered(request.Key, door => door.Admission.AdmitAsync(request).ResponseAsync);
            if (reply.Outcome is Outcome.Admitted or Outcome.Deferred) _told.Enqueue(new(request.Member, request.Key, request.Units, 0));
            if (reply.Outcome == Outcome.Deferred) tickets.Add((request, reply));
        }

        if (tickets.Count == 0) return false;
        foreach ((AdmitRequest request, _) in tickets.Take(2)) await GiveBackAsync(request);
        long first = tickets.Min(ticket => ticket.Reply.NotBeforeUnixMs);
        TimeSpan left = DateTimeOffset.FromUnixTimeMilliseconds(first) - Ahead - grid.Now;
        if (left > TimeSpan.Zero) grid.Step(left);
        bool[] redeemed = await Task.WhenAll(tickets.Skip(2).SkipLast(1).Select(ticket => RedeemAsync(ticket.Request, ticket.Reply)));
        Redeemed += redeemed.Count(good => good);
        return true;
    }

    // Harmless to repeat: what is given back is the total so far.
    private Task<bool> GiveBackAsync(AdmitRequest request) => grid.Answered($"{request.Key} given back", async door =>
    {
        try
        {
            await door.Admission.CancelAsync(new() { Coop = Charters.Coop, Member = request.Member, Key = request.Key });
            return true;
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.FailedPrecondition)
        {
            return false;
        }
    });

    private async Task<bool> RedeemAsync(AdmitRequest deferred, AdmitReply ticket)
    {
        var request = new AdmitRequest
        {
            Coop = Charters.Coop,
            Member = deferred.Member,
            Key = $"with {ticket.Ticket}",
            Units = deferred.Units,
            Lane = "bulk",
            Ticket = ticket.Ticket,
        };
        AdmitReply? reply = null;
        await Until.True(
            async () =>
            {
                reply = await grid.Answered(request.Key, door => Known(door, request));

                // Early it is deferred again, and while a silo has not heard that the second's room is set aside nothing is known.
                return reply.Outcome is not (Outcome.Deferred or Outcome.Unavailable) || grid.Now.ToUnixTimeMilliseconds() > ticket.NotBeforeUnixMs + 2000;
            },
            () => $"an answer to {request}; last was {reply}; {grid.Log}");
        Assert.True(
            reply!.Outcome is Outcome.Admitted or Outcome.TicketInvalid or Outcome.MemberExited or Outcome.Unavailable or Outcome.Deferred,
            $"{request} is answered {reply}.");
        if (reply.Outcome == Outcome.Admitted) _told.Enqueue(new(request.Member, request.Key, request.Units, 0));
        else Interlocked.Increment(ref _unknown);
        return reply.Outcome == Outcome.Admitted;
    }

    private static async Task<AdmitReply> Known(SiloClients door, AdmitRequest request)
    {
        try
        {
            return await door.Admission.AdmitAsync(request);
        }
        catch (RpcException unknown) when (unknown.StatusCode == StatusCode.Unavailable)
        {
            return new() { Outcome = Outcome.Unavailable };
        }
    }

    private AdmitRequest Patient(string member, string key, long units) => new()
    {
        Coop = Charters.Coop,
        Member = member,
        Key = key,
        Units = units,
        Lane = "bulk",
        MaxMultiplierPermille = 1000,
        DeferUntilUnixMs = grid.Now.AddMinutes(30).ToUnixTimeMilliseconds(),
    };

    private async Task RunAsync(int relay, Random random, CancellationToken stop)
    {
        try
        {
            for (int number = 0; !stop.IsCancellationRequested; number++)
            {
                await SendAsync($"c{relay}-{number}", random, stop);
                await Task.Delay(Pause, TimeProvider.System, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private async Task SendAsync(string key, Random random, CancellationToken stop)
    {
        string member = MonthCharter.CourierNames[random.Next(MonthCharter.CourierNames.Length)];
        long units = random.Next(1, 7);
        AdmitRequest request = random.Next(4) == 0 ? Patient(member, key, units) : new() { Coop = Charters.Coop, Member = member, Key = key, Units = units };
        try
        {
            AdmitReply reply = await (await grid.DoorAsync(random, stop)).Admission.AdmitAsync(request, cancellationToken: stop);
            if (reply.Outcome is not (Outcome.Admitted or Outcome.Deferred)) return;
            long some = reply.Outcome == Outcome.Deferred ? units : random.NextInt64(1, units + 1);
            long returned = random.Next(4) == 0 ? await ReturnAsync(await grid.DoorAsync(random, stop), request, some, stop) : 0;
            _told.Enqueue(new(member, key, units, returned));
        }
        catch (RpcException unknown) when (Relay.IsUnknown(unknown))
        {
            Interlocked.Increment(ref _unknown);
        }
    }

    private async Task<long> ReturnAsync(SiloClients door, AdmitRequest request, long units, CancellationToken stop)
    {
        try
        {
            CancelRequest cancel = new() { Coop = Charters.Coop, Member = request.Member, Key = request.Key, Units = units };
            return (await door.Admission.CancelAsync(cancel, cancellationToken: stop)).ReturnedUnits;
        }
        catch (RpcException refused) when (Relay.IsUnknown(refused) || refused.StatusCode is StatusCode.NotFound or StatusCode.FailedPrecondition)
        {
            // Hours may have passed between the two calls.
            if (Relay.IsUnknown(refused)) Interlocked.Increment(ref _unknown);
            return 0;
        }
    }
}
