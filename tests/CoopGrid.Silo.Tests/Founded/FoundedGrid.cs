using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Founded;

/// <summary>A silo that is founded on a shipped charter, by its name, and whose wall clock can be stepped.</summary>
internal sealed class FoundedGrid : IAsyncDisposable
{
    private const int Crowd = 30;

    private readonly SiloFolder _folder = new("") { Program = "CoopGrid.SteppedSilo" };
    private readonly StepClock _clock;
    private readonly string _coop;
    private SiloProcess? _silo;
    private int _keys;
    private int _guests;

    /// <param name="charter">Its name, which is the co-op's too.</param>
    public FoundedGrid(string charter)
    {
        _coop = charter;
        _folder.Settings["CoopGrid__Charter"] = charter;
        _clock = new(_folder);
    }

    public string Coop => _coop;

    public SiloClients Clients => _silo!.Clients;

    public long NowMs => _clock.Now.ToUnixTimeMilliseconds();

    public async Task StartAsync() => _silo = await _folder.StartAsync();

    /// <summary>Steps the wall clock on to a moment.</summary>
    public void StepTo(long unixMs) => _clock.Step(TimeSpan.FromMilliseconds(Math.Max(0, unixMs - NowMs)));

    /// <summary>A request with a key of its own, which does not wait for room.</summary>
    public AdmitRequest Ask(string member, long units, string lane = "") =>
        new() { Coop = _coop, Member = member, Units = units, Key = $"{++_keys}", Lane = lane, MaxWaitMs = 0 };

    public async Task<Member> Member(string name) => await Clients.Members.GetAsync(new() { Coop = _coop, Member = name });

    public async Task<ClassState> State(string @class) => await Clients.Classes.GetStateAsync(new() { Coop = _coop, Class = @class });

    /// <summary>Enrols guests of a class.</summary>
    /// <returns>Their names.</returns>
    public async Task<string[]> Guests(string @class, int count)
    {
        var request = new EnrollBatchRequest { Coop = _coop, Class = @class };
        request.Members.AddRange(Enumerable.Range(0, count).Select(_ => $"guest {++_guests}"));
        await Clients.Members.EnrollBatchAsync(request);
        return [.. request.Members];
    }

    /// <summary>A crowd floods a class, each with its largest request, until a bulk request of another guest gets a ticket.</summary>
    /// <returns>The request, its ticket, and the highest multiplier that the crowd was told.</returns>
    public async Task<(AdmitRequest Request, AdmitReply Ticket, int Multiplier)> TicketInAFlood(string @class, long largest, bool andSurge)
    {
        AdmitRequest request = new();
        AdmitReply? ticket = null, last = null;
        int multiplier = 0;
        await Until.True(
            async () =>
            {
                string[] crowd = await Guests(@class, Crowd + 1);
                AdmitReply?[] told = await Task.WhenAll(crowd[1..].Select(member => Until.Asked(Clients, Ask(member, largest))));
                multiplier = Math.Max(multiplier, told.Max(reply => reply?.MultiplierPermille ?? 0));
                AdmitRequest asked = new(Ask(crowd[0], 50, "bulk")) { DeferUntilUnixMs = NowMs + 7_200_000, MaxMultiplierPermille = 1000 };
                last = await Until.Asked(Clients, asked);
                if (last?.Outcome == Outcome.Deferred) (request, ticket) = (asked, last);
                return ticket is not null && (!andSurge || multiplier > 1000);
            },
            () => $"a ticket, and a price of {multiplier} above ×1; last was {last}");
        return (request, ticket!, multiplier);
    }

    /// <summary>Comes with a ticket: too early, and in its second.</summary>
    public async Task<AdmitReply> Redeem(AdmitRequest request, AdmitReply ticket)
    {
        AdmitRequest redeeming = new(request) { Key = $"{request.Key}/ticket", Ticket = ticket.Ticket, DeferUntilUnixMs = 0 };
        Assert.Equal(Outcome.Deferred, (await Until.Asked(Clients, redeeming))?.Outcome);

        // Its room is set aside some seconds ahead, by the monotonic clock.
        StepTo(ticket.NotBeforeUnixMs - 8_000);
        AdmitReply? reply = null;
        await Until.True(
            async () => (reply = await Until.Asked(Clients, redeeming))?.Outcome is not (null or Outcome.Deferred),
            () => $"the second of {ticket}; last was {reply}");
        return reply!;
    }

    public ValueTask DisposeAsync() => _folder.DisposeAsync();
}
