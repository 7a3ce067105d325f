using CoopGrid.Domain.Capacity;
using Xunit;

namespace CoopGrid.Domain.Tests.Capacity;

/// <summary>
/// Seeded histories of a class and its gates: messages are lost, repeated, and arrive late and out of order; the class is
/// activated anew with a higher epoch while older activations still answer; gates come and are sealed; the total changes.
/// The model keeps what every gate really holds.
/// Seen to fail: with <c>MayUse</c> left at what was confirmed on a grant, with silent gates not waited for, with a stale exchange
/// counted, with a report of an earlier epoch counted as a confirmation, and with a gate that accepts any answer.
/// </summary>
public class LeaseHistoryTests
{
    [Fact]
    public void What_gates_may_use_never_exceeds_the_total()
    {
        for (int seed = 0; seed < 2000; seed++) new World(seed).Play(400);
    }

    [Fact]
    public void Once_messages_arrive_all_capacity_is_granted()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var world = new World(seed);
            world.Play(200);
            Assert.Equal(world.Total, world.Settle());
        }
    }

    private sealed class World(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly Dictionary<long, HeldLease> _gates = [];
        private readonly List<LeaseBook> _books = [new(1, new(1000, 500))];
        private readonly List<(long Gate, LeaseReport Report)> _reports = [];
        private readonly List<(long Gate, LeaseGrant Grant)> _answers = [];
        private long _producers;

        public Lease Total => _books[^1].Total;

        public void Play(int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                Step(_random.Next(100));
                Lease held = _gates.Values.Aggregate(default(Lease), (sum, gate) => sum + gate.Held);
                Assert.True(held.IsWithin(new(1000, 500)), $"seed {seed}, step {i}: {held}");
            }
        }

        /// <summary>Every gate talks to the newest activation, one after the other, a few times over.</summary>
        public Lease Settle()
        {
            if (_gates.Count == 0) Open();
            Lease[] wanted = CapacityDivision.Leases(Total, [.. _gates.Select(_ => Array.Empty<long>())]);
            for (int i = 0; i < 4 * _gates.Count; i++)
            {
                (long id, HeldLease gate) = _gates.ElementAt(i % _gates.Count);
                _books[^1].Register(id);
                Assert.True(_books[^1].TryAnswer(id, gate.Report(0), wanted[i % _gates.Count], out LeaseGrant grant));
                gate.Accept(grant);
            }

            return _gates.Values.Aggregate(default(Lease), (sum, gate) => sum + gate.Held);
        }

        private void Step(int dice)
        {
            if (dice < 2 && _gates.Count < 6) Open();
            else if (dice < 3 && _gates.Count > 0) Seal(_gates.Keys.ElementAt(_random.Next(_gates.Count)));
            else if (dice < 5) Activate();
            else if (dice < 40 && _gates.Count > 0) Send();
            else if (dice < 70 && _reports.Count > 0) Answer(Pick(_reports));
            else if (_answers.Count > 0) Accept(Pick(_answers));
        }

        /// <summary>The producer is written to the store first; then the gate reads the epoch there.</summary>
        private void Open() => _gates.Add(++_producers, new HeldLease(_books[^1].Epoch));

        private void Seal(long gate)
        {
            _gates.Remove(gate);
            foreach (LeaseBook book in _books) book.Seal(gate);
        }

        /// <summary>The epoch is raised in the store first; then the open producers are read there.</summary>
        private void Activate()
        {
            var book = new LeaseBook(_books[^1].Epoch + 1, Total);
            book.OpenGates(_gates.Keys);
            _books.Add(book);
        }

        private void Send()
        {
            (long id, HeldLease gate) = _gates.ElementAt(_random.Next(_gates.Count));
            _reports.Add((id, gate.Report(0)));
        }

        private void Answer((long Gate, LeaseReport Report) call)
        {
            // Mostly the newest activation, sometimes one that does not know it is out of date. Each knows fresh gates from the store.
            LeaseBook book = _books[_random.Next(3) > 0 ? ^1 : _random.Next(Math.Max(0, _books.Count - 3), _books.Count)];
            if (_gates.ContainsKey(call.Gate)) book.Register(call.Gate);
            if (_random.Next(50) == 0) book.SetTotal(new(_random.Next(1001), _random.Next(501)));
            Lease wanted = new(_random.Next(1200), _random.Next(600));
            if (book.TryAnswer(call.Gate, call.Report, wanted, out LeaseGrant grant)) _answers.Add((call.Gate, grant));
        }

        private void Accept((long Gate, LeaseGrant Grant) answer)
        {
            if (_gates.TryGetValue(answer.Gate, out HeldLease? gate)) gate.Accept(answer.Grant);
        }

        /// <summary>The oldest message mostly, any other sometimes; now and then it is lost, or stays to arrive again.</summary>
        private T Pick<T>(List<T> messages)
        {
            if (_random.Next(10) == 0 && messages.Count > 1) messages.RemoveAt(_random.Next(messages.Count));
            int at = _random.Next(3) > 0 ? messages.Count - 1 : _random.Next(messages.Count);
            T message = messages[at];
            if (_random.Next(5) > 0) messages.RemoveAt(at);
            return message;
        }
    }
}
