using CoopGrid.Domain.Capacity;

namespace CoopGrid.Benchmarks.Division;

/// <summary>
/// One class in simulated time, of the grid's own parts: gates, their buckets and demand, the class's book and division. Requests come by chance,
/// each at its own microsecond; members' demand is heavy-tailed and moves between silos; messages are late and lost; silos are killed or
/// cut off, sealed 5 to 10 s later, and others join. After every admission it is checked that no interval holds more than C·T + B, and every
/// millisecond that what the gates hold which may still decide is within C and B.
/// </summary>
internal sealed class DivisionRun
{
    private const long Second = 1_000_000;
    private const long Step = 1000;

    private readonly DivisionSettings _settings;
    private readonly CapacityPlan _plan;
    private readonly Random _random;
    private readonly Crowd _crowd;
    private readonly ClassWatch _class;
    private readonly Membership _silos;
    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly List<DivisionPeriod> _periods = [];
    private readonly List<SimulatedSilo> _hot = [];
    private long _now;
    private long _order;
    private Int128 _over;
    private Int128 _mostOver;
    private long _overSince;
    private long _demanded;
    private long _admitted;
    private long _wastedMicroUnits;
    private long _protectedAsked;
    private long _protectedGot;
    private long _requests;

    public DivisionRun(DivisionSettings settings, Func<TimeSpan> processorTime)
    {
        _settings = settings;
        _plan = settings.Plan;
        _random = new Random(settings.Seed);
        _crowd = new Crowd(settings, _random);
        _class = new ClassWatch(_plan, processorTime);
        _silos = new Membership(settings, _crowd, _random);
    }

    /// <exception cref="InvalidOperationException">The class was over its capacity.</exception>
    public DivisionResult Play()
    {
        for (int i = 0; i < _settings.Silos; i++) Start(_silos.Open(_plan, 0));
        _silos.Settle();
        for (int i = 0; i < _settings.HotSilos; i++) MoveHot();
        At(Step, Tick);
        At(_settings.HotMovesMicros, HotMoves);
        if (_settings.LossMicros > 0) At(_settings.LossMicros, Lose);
        double next = Gap();
        while (_now < _settings.Seconds * Second)
        {
            while (_events.TryPeek(out Action? happens, out (long At, long) due) && due.At <= next)
            {
                _events.Dequeue();
                _now = due.At;
                happens();
            }

            _now = (long)next;
            Arrive();
            next += Gap();
        }

        return new()
        {
            MostOverRateMicroUnits = (long)_mostOver,
            Requests = _requests,
            LostSilos = _silos.Lost,
            Joins = _silos.Joined,
            ProtectedAsked = _protectedAsked,
            ProtectedGot = _protectedGot,
            Periods = _periods,
            Judged = [.. _periods.Where((_, second) => _settings.IsJudged(second))],
        };
    }

    private bool IsJudged => _settings.IsJudged((int)(_now / Second));

    private double Gap() => -Math.Log(1.0 - _random.NextDouble()) * Second * (_settings.LargestRequest + 1) / 2 / _settings.DemandAt(_now);

    private void At(long micros, Action happens) => _events.Enqueue(happens, (micros, _order++));

    private void Arrive()
    {
        bool hot = _hot.Count > 0 && _random.Next(1000) < _settings.HotPermille;
        List<int> members = hot ? _hot[_random.Next(_hot.Count)].Members : [];
        int member = members.Count > 0 ? _crowd.Next(members) : _crowd.Next();
        SimulatedSilo silo = _silos.Of(member);

        // Whoever asks a dead silo gets no decision, and asks another one once it is known to be dead.
        if (silo.Life == SiloLife.Dead) return;
        RoomRequest request = _crowd.Request(member, _plan);
        _requests++;
        _demanded += request.Units;
        if (IsJudged && request.Band == Bands.Protected) _protectedAsked += request.Units;
        if (silo.Gate.Ask(request, _now, DivisionSettings.WaitMicros)) Admit(silo, request);
        _crowd.Use(member, request.Units / 4);
    }

    private void Admit(SimulatedSilo silo, RoomRequest request)
    {
        _admitted += request.Units;
        if (silo.Life == SiloLife.CutOff) silo.AdmittedCutOff += request.Units;
        if (IsJudged && request.Band == Bands.Protected) _protectedGot += request.Units;

        // What exceeds the rate adds up, and never below nothing: the largest it gets is the most that any interval holds beyond C·T.
        _over = Int128.Max(0, _over - (_settings.Capacity.UnitsPerSecond * (Int128)(_now - _overSince))) + (request.Units * (Int128)Second);
        _overSince = _now;
        _mostOver = Int128.Max(_mostOver, _over);
        if (_over > _settings.Capacity.BurstUnits * (Int128)Second)
            throw new InvalidOperationException($"Seed {_settings.Seed}, {_now} µs: an interval holds {_over} micro-units more than its rate allows.");
    }

    private void Tick()
    {
        Lease held = default;
        foreach (SimulatedSilo silo in _silos.Unsealed)
        {
            held += silo.Gate.Held;
            if (silo.Life != SiloLife.Alive) _wastedMicroUnits += silo.Gate.Held.UnitsPerSecond * Step;
            if (silo.Life != SiloLife.Dead && silo.Gate.HasWaiting) silo.Gate.Serve(_now, request => Admit(silo, request));
        }

        if (!held.IsWithin(_settings.Capacity)) throw new InvalidOperationException($"Seed {_settings.Seed}, {_now} µs: gates hold {held} together.");
        if (_now % Second == 0) EndPeriod();
        At(_now + Step, Tick);
    }

    private void EndPeriod()
    {
        long wasted = _wastedMicroUnits / Second;
        foreach (SimulatedSilo silo in _silos.Unsealed)
        {
            wasted -= silo.AdmittedCutOff;
            silo.AdmittedCutOff = 0;
        }

        wasted = Math.Max(0, wasted);
        (double micros, int exchanges) = _class.Take();
        _periods.Add(new(_demanded, _admitted, wasted, Math.Min(_demanded, _settings.Capacity.UnitsPerSecond - wasted), micros, exchanges));
        _demanded = _admitted = _wastedMicroUnits = 0;
    }

    private void HotMoves()
    {
        MoveHot();
        At(_now + _settings.HotMovesMicros, HotMoves);
    }

    private void MoveHot()
    {
        SimulatedSilo[] cold = [.. _silos.Alive.Except(_hot)];
        if (cold.Length == 0) return;
        if (_hot.Count >= _settings.HotSilos) _hot.RemoveAt(_random.Next(_hot.Count));
        _hot.Add(cold[_random.Next(cold.Length)]);
    }

    private void Lose()
    {
        At(_now + _settings.LossMicros, Lose);
        if (_silos.Alive.Count() < 2) return;
        SimulatedSilo silo = _silos.Lose();
        At(_now + _random.NextInt64(2 * Second, 5 * Second), () => Replace(silo));
        At(_now + _random.NextInt64(5 * Second, 10 * Second), () =>
        {
            _silos.Seal(silo);
            At(_now + _random.NextInt64(200_000), () => _class.Seal(silo.Gate.Producer, _now));
        });
    }

    // Membership calls it dead: its members go elsewhere, and soon there is a new silo.
    private void Replace(SimulatedSilo silo)
    {
        _hot.Remove(silo);
        _silos.Leave(silo);
        At(_now + _random.NextInt64(Second, 4 * Second), () => Start(_silos.Join(_plan, _now)));
    }

    private void Start(SimulatedSilo silo) => At(_now + _random.NextInt64(DivisionSettings.ExchangeMicros), () => Exchange(silo));

    private void Exchange(SimulatedSilo silo)
    {
        if (silo.Life != SiloLife.Alive) return;
        (LeaseReport report, GateDemand demand) = silo.Gate.Report(_now);
        long began = _now;
        bool answered = false;
        Send(() =>
        {
            LeaseGrant grant = _class.Answer(silo.Gate.Producer, report, demand, _now);
            Send(() =>
            {
                if (silo.Life != SiloLife.Alive) return;
                silo.Gate.Hear(grant, _now);
                if (answered) return;
                answered = true;
                long interval = silo.Gate.ReportsAtOnce ? 0 : DivisionSettings.ExchangeMicros + _random.NextInt64(-10_000, 10_000);
                At(Math.Max(_now, began + interval), () => Exchange(silo));
            });
        });
        At(began + DivisionSettings.AnswerWithinMicros, () =>
        {
            if (answered) return;
            answered = true;
            Exchange(silo);
        });
    }

    private void Send(Action arrives)
    {
        if (_random.Next(1000) < _settings.LatePermille) return;
        long delay = 500 + (long)(-Math.Log(1.0 - _random.NextDouble()) * 2000);
        if (_random.Next(1000) < _settings.LatePermille) delay += _random.NextInt64(300_000);
        At(_now + delay, arrives);
    }
}
