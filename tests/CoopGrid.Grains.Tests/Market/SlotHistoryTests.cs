using CoopGrid.Domain.Market;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Xunit;
using static CoopGrid.Grains.Tests.Market.MarketSilo;

namespace CoopGrid.Grains.Tests.Market;

/// <summary>
/// Histories of four slots that overlap in time: members bid, take back and buy more than there is, many at once, and repeat what they asked before;
/// appends are lost, or stored without an answer; activations go, and a second one writes beside the first. The stored entries, added up by a tally that shares
/// nothing with the book, say who holds what.
/// </summary>
public sealed class SlotHistoryTests
{
    private const int Slots = 4;
    private const int Members = 5;

    /// <summary>
    /// Seen to fail with a store that takes any entry (a number twice), and with an activation that goes on after an append that was stored (never
    /// answered again).
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Never_oversold_and_what_was_answered_is_in_the_book(int seed)
    {
        await using MarketSilo market = await StartAsync(Members);
        var world = new World(market, new Random(seed));
        for (int i = 0; i < 100; i++) await world.Step();
        await world.End();

        // What is to be withstood has happened.
        Assert.True(world.Accepted > 50 && world.SoldOut > 0 && world.Replayed > 5 && world.Unavailable > 10 && world.Beside > 0, world.ToString());
    }

    private sealed class World(MarketSilo market, Random random)
    {
        private readonly long[] _slots = [.. Enumerable.Range(1, Slots).Select(market.StartOf)];
        private readonly List<(long Slot, MarketRequest Request)> _asked = [];
        private readonly Dictionary<(long Slot, string Member, string Key), MarketAnswer> _told = [];
        private readonly Random _fates = new(random.Next());
        private int _keys;

        public int Accepted { get; private set; }

        public int SoldOut { get; private set; }

        public int Replayed { get; private set; }

        public int Unavailable { get; private set; }

        public int Beside { get; private set; }

        public async Task Step()
        {
            market.Books.Next = AnyFate;
            (long Slot, MarketRequest Request)[] asked = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => Any())];
            Task<MarketAnswer>[] answers = [.. asked.Select(ask => market.Slot(ask.Slot).Ask(ask.Request))];
            if (random.Next(4) == 0) await GridSilo.Deactivate(market.Slot(Slot()));
            if (random.Next(4) == 0 && await market.AskBeside(Slot(), Any().Request)) Beside++;
            for (int i = 0; i < asked.Length; i++) Hear(asked[i].Slot, asked[i].Request, await answers[i].Soon());
            _asked.AddRange(asked);

            // The clock is looked at from time to time, too.
            market.Books.Next = () => Fate.Stored;
            await market.MoveTo(market.NowMs + random.Next(1, 700));
            foreach (long slot in _slots) Check(slot);
        }

        public async Task End()
        {
            await market.MoveTo(_slots[^1] + 10_000);
            foreach (long slot in _slots)
            {
                IEnumerable<SlotCharge> charges = await market.Slot(slot).GetCharges(default).Soon();
                Tally tally = Check(slot);
                Assert.Equal(
                    tally.Held.Where(held => held.Value > 0).OrderBy(held => held.Key, StringComparer.Ordinal).Select(held => (held.Key, tally.Price * held.Value * 10)),
                    charges.Select(charge => (charge.Member, charge.Charge)));
            }
        }

        public override string ToString() => $"{Accepted} accepted, {SoldOut} sold out, {Replayed} replayed, {Unavailable} unavailable, {Beside} beside";

        private Fate AnyFate()
        {
            lock (_fates)
            {
                return _fates.Next(8) switch
                {
                    0 => Fate.Lost,
                    1 => Fate.StoredUnheard,
                    _ => Fate.Stored,
                };
            }
        }

        private long Slot() => _slots[random.Next(Slots)];

        private (long Slot, MarketRequest Request) Any()
        {
            if (_asked.Count > 0 && random.Next(4) == 0) return _asked[random.Next(_asked.Count)];
            long slot = Slot();
            string member = $"m{random.Next(Members)}", key = $"{_keys++}";
            MarketRequest request = random.Next(market.NowMs < slot - 5000 ? 7 : 20) switch
            {
                < 4 => Bid(member, key, random.Next(1, 120), random.Next(15, 60)),
                4 => Withdraw(member, key, random.Next(2, 12)),
                5 => Cancel(member, key),
                _ => Buy(member, key, random.Next(1, 120)),
            };
            return (slot, request);
        }

        // What a caller is told of a key, once and again, is one answer.
        private void Hear(long slot, MarketRequest request, MarketAnswer answer)
        {
            if (answer.Outcome == MarketOutcome.SoldOut) SoldOut++;
            if (answer.Outcome == MarketOutcome.Unavailable) Unavailable++;
            if (answer.Outcome != MarketOutcome.Accepted) return;
            Accepted++;
            if (answer.Replayed) Replayed++;
            answer = answer with { Replayed = false };
            if (!_told.TryAdd((slot, request.Member, request.Key), answer)) Assert.Equal(_told[(slot, request.Member, request.Key)], answer);
        }

        private Tally Check(long slot)
        {
            IReadOnlyList<SlotEntry> stored = market.Stored(slot);
            Tally tally = Tally.Of(stored);
            Assert.Equal(Enumerable.Range(1, stored.Count).Select(number => (long)number), stored.Select(entry => entry.Sequence));
            Assert.True(tally.Held.Values.Sum() <= 400, $"{tally.Held.Values.Sum()} of 400 sold");
            Assert.All(tally.Held.Values, held => Assert.True(held <= 250, $"{held} held by one member"));
            Assert.Equal(tally.Keys.Count, tally.Keys.Distinct().Count());
            Assert.All(_told.Keys.Where(key => key.Slot == slot), key => Assert.Contains((key.Member, key.Key), tally.Keys));
            return tally;
        }
    }

    /// <summary>The stored entries added up.</summary>
    private sealed record Tally(Dictionary<string, long> Held, List<(string Member, string Key)> Keys, long Price)
    {
        public static Tally Of(IReadOnlyList<SlotEntry> stored)
        {
            Dictionary<string, long> held = [];
            List<(string, string)> keys = [];
            long price = 0;
            foreach (SlotEntry entry in stored)
            {
                if (entry is RequestAccepted { Request: var request })
                {
                    keys.Add((request.Member, request.Key));
                    if (request.Kind == MarketRequestKind.Buy) held[request.Member] = held.GetValueOrDefault(request.Member) + request.UnitsPerSecond;
                }

                if (entry is not SlotCleared cleared) continue;
                price = cleared.UnitPrice;
                foreach (Award award in cleared.Awards) held[award.Member] = held.GetValueOrDefault(award.Member) + award.WonUnitsPerSecond;
            }

            return new(held, keys, price);
        }
    }
}
