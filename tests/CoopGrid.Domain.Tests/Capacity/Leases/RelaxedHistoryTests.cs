using CoopGrid.Domain.Capacity;
using Xunit;

namespace CoopGrid.Domain.Tests.Capacity;

/// <summary>
/// Seeded histories of gates that answer relaxed: they are cut off, sealed in the store while they go on, and go on until their limit.
/// Messages are lost and late, the class's activation is followed by another, clocks run apart by a thousandth.
/// The model keeps what every gate may really use: a sealed one with a limit in the future still uses what it holds.
/// Seen to fail: with a seal that frees at once, with a gate's limit of 1.3 s, with a class that counts from 150 ms before it heard of the
/// gate, and with one that frees at once what it has never heard of.
/// </summary>
public class RelaxedHistoryTests
{
    private static readonly Lease Total = new(1000, 500);
    private static readonly CapacityPlan Plan = Plans.Plan(Total, 10, 0);

    [Fact]
    public void No_relaxed_answer_rests_on_a_lease_that_is_freed()
    {
        for (int seed = 0; seed < 300; seed++) new World(seed).Play();
    }

    private sealed class World(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly List<Gate> _gates = [];
        private readonly List<(long At, Action Arrive)> _messages = [];
        private SharedCapacity _class = new(1, Plan, 0);
        private long _epoch = 1;
        private long _producers;

        public void Play()
        {
            for (long now = 0; now < 30_000_000; now += 10_000)
            {
                foreach ((long at, Action arrive) in _messages.Where(message => message.At <= now).ToArray())
                {
                    arrive();
                    _messages.Remove((at, arrive));
                }

                if (_gates.Count(gate => !gate.Sealed) < 4 && _random.Next(20) == 0) _gates.Add(new(++_producers, new(_epoch), 999 + _random.Next(3)));
                if (_random.Next(1500) == 0) Activate(now);
                foreach (Gate gate in _gates.ToArray()) Step(gate, now);
                Lease used = _gates.Where(gate => !gate.Sealed || gate.Clock(now) <= gate.Lease.RelaxedUntilMicros).Aggregate(default(Lease), (sum, gate) => sum + gate.Lease.Held);
                Assert.True(used.IsWithin(Total), $"seed {seed} at {now}: {used}");
            }
        }

        private void Step(Gate gate, long now)
        {
            if (_random.Next(5) == 0 && gate.CutOffMicros == 0) Exchange(gate, now);
            if (gate.CutOffMicros == 0 && _random.Next(400) == 0) gate.CutOffMicros = now;

            // Seldom, membership is much faster than it will be.
            if (!gate.Sealed && gate.CutOffMicros > 0 && _random.Next(40) == 0)
            {
                gate.Sealed = true;
                _class.Seal(gate.Producer, now);
            }

            if (gate.Sealed && gate.Clock(now) > gate.Lease.RelaxedUntilMicros) _gates.Remove(gate);
        }

        private void Exchange(Gate gate, long now)
        {
            LeaseReport report = gate.Lease.Report(gate.Clock(now));
            long arrives = now + _random.Next(80_000);
            if (_random.Next(10) == 0) return;
            _messages.Add((arrives, () => Answer(gate, report, arrives)));
        }

        private void Answer(Gate gate, LeaseReport report, long now)
        {
            if (!_class.TryAnswer(gate.Producer, report, Plans.Asks(_random.Next(1500)), now, out LeaseGrant grant)) return;
            if (_random.Next(10) > 0) _messages.Add((now + _random.Next(80_000), () => gate.Lease.Accept(grant)));
        }

        /// <summary>The one before answers nobody any more.</summary>
        private void Activate(long now)
        {
            _class = new(++_epoch, Plan, now);
            _class.OpenGates(_gates.Where(gate => !gate.Sealed).Select(gate => gate.Producer));
            foreach (Gate gate in _gates.Where(gate => gate.Sealed))
            {
                // Sealed while this activation begins: it finds the gate open, and then sealed.
                _class.OpenGates([gate.Producer]);
                _class.Seal(gate.Producer, now);
            }
        }
    }

    private sealed class Gate(long producer, HeldLease lease, long permille)
    {
        public long Producer => producer;

        public HeldLease Lease => lease;

        public long CutOffMicros { get; set; }

        public bool Sealed { get; set; }

        public long Clock(long now) => now * permille / 1000;
    }
}
