using CoopGrid.Domain.Market;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Market;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;

namespace CoopGrid.Grains.Tests.Market;

/// <summary>
/// A silo with a clock of its own and the class "homes" of 1,000 units/s, which sells 40 % of it in slots of 10 s, opened 60 s and closed 5 s ahead, from 20
/// micro-credits on, 250 units/s to a member; members m0, m1, …
/// </summary>
internal sealed class MarketSilo : IAsyncDisposable
{
    public static readonly ClassPolicy Policy = new()
    {
        Window = new() { SliceMs = 10_000, Slices = 6, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 600_000 } },
        Capacity = new() { UnitsPerSecond = 1000, BurstUnits = 2000, MaxRequestUnits = 100 },
        Market = new()
        {
            SlotMs = 10_000,
            GateClosureMs = 5000,
            AheadMs = 60_000,
            SellablePermille = 400,
            ReservePrice = 20,
            MemberCapUnitsPerSecond = 250,
        },
    };

    private MarketSilo(GridSilo grid) => Grid = grid;

    public GridSilo Grid { get; }

    public FakeTimeProvider Time => (FakeTimeProvider)Grid.Time;

    public TroubledBooks Books => Grid.Service<TroubledBooks>();

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Starts a silo, with members if it is the first on its disk.</summary>
    public static async Task<MarketSilo> StartAsync(int members = 4, Disk? disk = null, FakeTimeProvider? time = null)
    {
        var market = new MarketSilo(await GridSilo.StartAsync(disk, time ?? new(DateTimeOffset.UnixEpoch.AddYears(56)), TroubledBooks.PutBefore));
        if (disk is null) await market.Grid.Found("homes", Policy, members);
        return market;
    }

    /// <summary>The start of the slot that begins so many slots after the running one.</summary>
    public long StartOf(int ahead) => ((NowMs / 10_000) + ahead) * 10_000;

    public ISlotGrain Slot(long starts, string @class = "homes") =>
        Grid.Grains.GetGrain<ISlotGrain>(new SlotId(GridSilo.ClassOf(@class), starts).ToString());

    /// <summary>Moves the clock to a moment.</summary>
    public Task MoveTo(long unixMs) => Grid.Step((int)(unixMs - NowMs));

    /// <summary>Everything stored of a slot.</summary>
    public IReadOnlyList<SlotEntry> Stored(long starts)
    {
        lock (Grid.Disk.Lock)
        {
            return Grid.Disk.Books.TryGetValue(SlotBooks.Of(new(GridSilo.ClassOf("homes"), starts)), out List<byte[]>? entries)
                ? [.. entries.Select(entry => SlotEntryCodec.Decode(entry))]
                : [];
        }
    }

    /// <summary>Has another activation of the slot decide and store a request; the one that the silo knows does not hear of it.</summary>
    /// <returns>Whether the request was accepted and stored.</returns>
    public async Task<bool> AskBeside(long starts, MarketRequest request)
    {
        BookId id = SlotBooks.Of(new(GridSilo.ClassOf("homes"), starts));
        while (true)
        {
            IReadOnlyList<SlotEntry> stored = Stored(starts);
            SlotBook book = new SlotBook().After(stored);
            SlotTerms offered = SlotTerms.Of(Policy, Instant.FromUnixMs(starts))!;
            SlotDecision decision = SlotRule.Decide(book, request, MemberStatus.Active, offered, Instant.FromUnixMs(NowMs));
            if (decision.Entries.IsEmpty) return false;

            // The silo's own activation may have stored meanwhile; it has few requests.
            if (await Books.Untroubled.AppendAsync(id, stored.Count, [.. decision.Entries.Select(SlotEntryCodec.Encode)], CancellationToken.None)) return true;
        }
    }

    public static MarketRequest Bid(string member, string key, long units, long price) =>
        new() { Member = member, Key = key, Kind = MarketRequestKind.Bid, UnitsPerSecond = units, UnitPrice = price };

    public static MarketRequest Withdraw(string member, string key, long bid) => new() { Member = member, Key = key, Kind = MarketRequestKind.Withdraw, Bid = bid };

    public static MarketRequest Cancel(string member, string key) => new() { Member = member, Key = key, Kind = MarketRequestKind.Cancel };

    public static MarketRequest Buy(string member, string key, long units) =>
        new() { Member = member, Key = key, Kind = MarketRequestKind.Buy, UnitsPerSecond = units };

    public ValueTask DisposeAsync() => Grid.DisposeAsync();
}
