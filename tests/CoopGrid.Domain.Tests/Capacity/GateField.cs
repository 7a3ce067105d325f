using CoopGrid.Benchmarks.Division;
using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Market;
using Xunit;

namespace CoopGrid.Domain.Tests.Capacity;

/// <summary>
/// Gates of one class in simulated time, steps of 1 ms: each calls every 50 ms, or as said, at its own moment, an answer takes 3 ms, a request
/// waits for room up to 100 ms. Streams of requests are asked of them, and it counts what each stream asked and got. It is never over, or it throws.
/// </summary>
internal sealed class GateField
{
    public const long Step = 1000;
    private const long Second = 1_000_000;

    private readonly Lease _total;
    private readonly SimulatedGate[] _gates;
    private readonly SharedCapacity _class;
    private readonly int _exchangeSteps;
    private readonly List<Stream> _streams = [];
    private readonly Queue<(long At, int Gate, LeaseGrant Grant)> _answers = new();
    private readonly Random _random = new(17);
    private Int128 _excess;
    private long _admittedInStep;

    public GateField(int gates, CapacityPlan plan, int exchangeMs = 50)
    {
        _exchangeSteps = exchangeMs;
        _total = plan.Full;
        _class = new(1, plan, 0);
        _gates = [.. Enumerable.Range(0, gates).Select(gate => new SimulatedGate(gate, plan, 1, 0))];
    }

    /// <summary>Units admitted in all, since it was last set.</summary>
    public long Admitted { get; set; }

    /// <summary>Reserved units that were refused, from the first.</summary>
    public long ReservedRefused => _gates.Sum(gate => gate.ReservedRefused);

    /// <summary>Adds a stream: so many units/s of one lane and band in requests of 1 to <paramref name="largest"/> units, at one of these gates each.</summary>
    public Stream Add(int lane, int band, long unitsPerSecond, int largest, params int[] gates) =>
        AddInStep(1, lane, band, unitsPerSecond, largest, gates);

    /// <summary>As <see cref="Add"/>, and all of it is asked at the same moments, so many ms apart.</summary>
    public Stream AddInStep(int periodMs, int lane, int band, long unitsPerSecond, int largest, params int[] gates)
    {
        var stream = new Stream(new(lane, band, 0), unitsPerSecond, largest, gates) { PeriodMs = periodMs };
        _streams.Add(stream);
        return stream;
    }

    /// <summary>Adds the stream of a holder, which asks in the first lane at its home gate every so many ms.</summary>
    public Stream AddHolder(SlotReservations slot, string member, int periodMs, long unitsPerSecond, int largest, int gate)
    {
        var stream = new Stream(new(0, Bands.Protected, 0), unitsPerSecond, largest, [gate]) { PeriodMs = periodMs, Holder = (slot, member) };
        _streams.Add(stream);
        return stream;
    }

    /// <summary>Lets time pass, and counts from the beginning of it.</summary>
    public void Play(long fromSecond, long toSecond)
    {
        Admitted = 0;
        foreach (Stream stream in _streams) (stream.Asked, stream.Got) = (0, 0);
        for (long now = fromSecond * Second; now < toSecond * Second; now += Step)
        {
            _admittedInStep = 0;
            while (_answers.TryPeek(out var answer) && answer.At <= now)
            {
                _answers.Dequeue();
                _gates[answer.Gate].Hear(answer.Grant, now);
            }

            for (int gate = 0; gate < _gates.Length; gate++)
            {
                _gates[gate].Serve(now, Count);
                if (((now / Step) + (gate * 7)) % _exchangeSteps == 0 || _gates[gate].ReportsAtOnce) Exchange(gate, now);
            }

            foreach (Stream stream in _streams) Ask(stream, now);
            _excess = Int128.Max(0, _excess - (_total.UnitsPerSecond * Step)) + (_admittedInStep * (Int128)Second);
            Assert.True(_excess <= _total.BurstUnits * (Int128)Second, $"over at {now}");
        }
    }

    private void Ask(Stream stream, long now)
    {
        if (now % (stream.PeriodMs * Step) != 0) return;
        for (stream.Credit += stream.UnitsPerSecond * stream.PeriodMs * Step; stream.Credit > 0;)
        {
            RoomRequest request = stream.Kind with { Units = _random.Next(1, stream.Largest + 1) };
            stream.Credit -= request.Units * Second;
            stream.Asked += request.Units;
            if (stream.Holder is not null) request = request with { Reserved = request.Units };
            if (_gates[stream.Gates[_random.Next(stream.Gates.Length)]].Ask(request, now, 100_000, stream.Holder)) Count(request);
        }
    }

    private void Count(RoomRequest request)
    {
        _admittedInStep += request.Units;
        Admitted += request.Units;
        _streams.First(stream => stream.Kind.Lane == request.Lane && stream.Kind.Band == request.Band && stream.Holder is not null == request.IsReserved)
            .Got += request.Units;
    }

    private void Exchange(int gate, long now)
    {
        (LeaseReport report, GateDemand demand) = _gates[gate].Report(now);
        Assert.True(_class.TryAnswer(gate, report, demand, now, out LeaseGrant grant));
        _answers.Enqueue((now + 3000, gate, grant));
    }

    /// <summary>Requests of one kind.</summary>
    internal sealed class Stream(RoomRequest kind, long unitsPerSecond, int largest, int[] gates)
    {
        public RoomRequest Kind => kind;

        public long UnitsPerSecond => unitsPerSecond;

        /// <summary>All of them ask at once, every so often, in ms.</summary>
        public long PeriodMs { get; init; } = 1;

        public int Largest => largest;

        /// <summary>Whose reservation all of it is under; null if nobody's.</summary>
        public (SlotReservations Slot, string Member)? Holder { get; init; }

        /// <summary>Where it asks.</summary>
        public int[] Gates { get; set; } = gates;

        public long Credit { get; set; }

        public long Asked { get; set; }

        public long Got { get; set; }

        /// <summary>What it got of what it asked for, in per-mille.</summary>
        public long GotPermille => Got * 1000 / Math.Max(1, Asked);
    }
}
