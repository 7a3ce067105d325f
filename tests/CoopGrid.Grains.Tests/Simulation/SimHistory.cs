using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>What came of a history.</summary>
internal sealed record SimResult(int Seed, SimPlan Plan, IReadOnlyList<Violation> Violations, ulong Hash, long Steps, IReadOnlyList<string> Trace)
{
    /// <summary>Units that the log has as admitted.</summary>
    public long AdmittedUnits { get; init; }

    public int Admissions { get; init; }

    public int Silos { get; init; }

    /// <summary>How long it was, in true time.</summary>
    public long Micros { get; init; }

    public bool Breaks(string rule) => Violations.Any(violation => violation.Rule == rule);

    public override string ToString() =>
        $"seed {Seed}, faults {Plan.Faults}: {string.Join("; ", Violations.Take(5).Select(violation => $"{violation.Rule}: {violation.What.ReplaceLineEndings(" ")}"))}";
}

/// <summary>
/// One history from beginning to end: silos start, a class is founded, callers ask while things go wrong, all comes to rest, and the judge
/// reads; then everything dies, and one silo must have all of it.
/// </summary>
internal sealed class SimHistory
{
    private const long Second = 1_000_000;

    private readonly int _seed;
    private readonly SimPlan _plan;
    private readonly SimWorld _world;
    private readonly SimStore _store;
    private readonly SimCluster _cluster;
    private readonly SimCallers _callers;
    private readonly ClassPolicy _policy;
    private readonly List<Violation> _late = [];

    private SimHistory(int seed, SimPlan plan, bool traced)
    {
        (_seed, _plan) = (seed, plan);
        _world = new(seed, traced) { SlowPermille = plan.Has(Faults.Slow) ? 5 : 0 };
        _store = new(_world, plan.Planted);
        _cluster = new(_world, _store, plan);
        _callers = new(_cluster);
        _policy = new()
        {
            Window = new() { SliceMs = 500, Slices = 6, GraceMs = 100, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 1500 } },
            Capacity = new() { UnitsPerSecond = plan.UnitsPerSecond, BurstUnits = plan.BurstUnits, MaxRequestUnits = 20 },
        };
    }

    /// <summary>Runs a seed's history.</summary>
    public static SimResult Run(int seed, SimPlan plan, bool traced = false)
    {
        // Continuations belong to the silos' schedulers, whatever the test's thread has.
        SynchronizationContext? outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return new SimHistory(seed, plan, traced).Run();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private SimResult Run()
    {
        for (int i = 0; i < _plan.Silos; i++) _cluster.Join();
        _callers.Found(_policy, _plan.Members);
        bool served = _world.RunUntil(20 * Second, () => _callers.IsDone);
        var judge = new SimJudge(_cluster, _callers, _policy);
        if (!served) _late.Add(new("stuck", "the class was not founded, or its members not enrolled"));
        if (served && Load() && Rest()) judge = Settle();
        List<Violation> violations = [.. judge.Judge(), .. _late];
        if (violations.Count == 0) violations.AddRange(Restart());
        return new(_seed, _plan, violations, _world.Hash, _world.Steps, [.. _world.Trace])
        {
            Admissions = judge.Entries.Count(entry => entry.What is Domain.Usage.Admitted),
            AdmittedUnits = judge.Entries.Sum(entry => entry.What is Domain.Usage.Admitted admitted ? admitted.Units : 0),
            Silos = _cluster.Silos.Count,
            Micros = _world.Now,
        };
    }

    private bool Load()
    {
        long begun = _world.Now;
        _callers.Load(_plan.Requests, _plan.LoadMs);
        var troubles = new SimTroubles(_cluster);
        for (int i = 0; i < _plan.Troubles; i++) _world.After(_world.Draw(0L, _plan.LoadMs * 1000L), troubles.Happen);
        _world.RunUntil(begun + (_plan.LoadMs * 1000L), () => false);
        return true;
    }

    /// <summary>Nothing goes wrong any more: everybody is answered.</summary>
    private bool Rest()
    {
        _world.IsCalm = true;
        if (_cluster.Silos.TrueForAll(silo => silo.IsDead || silo.IsStopping || _cluster.IsDeclaredDead(silo))) _cluster.Join();
        if (_world.RunUntil(_world.Now + (40 * Second), () => _callers.IsDone && _cluster.Silos.TrueForAll(silo => silo.FrozenSince is null))) return true;
        _late.Add(new("stuck", "callers still have no answer 40 s after all is well"));
        return false;
    }

    /// <summary>Sealed logs are drained, slices close, and the class comes to hold what the log holds.</summary>
    private SimJudge Settle()
    {
        // What a silo that woke last still sends may be admitted, after its caller has had another answer: then the log is not at its end yet.
        _world.RunUntil(_world.Now + (2 * Second), () => false);
        long slice = _policy.Window.SliceAt(new Instant(SimTime.EpochMicros + _world.Now));
        if (!_world.RunUntil(_world.Now + (30 * Second), () => _store.Producers.TrueForAll(producer => producer.State != ProducerState.Sealed)))
            _late.Add(new("L6", $"not drained after 30 s of rest: {string.Join(", ", _store.Producers.Where(p => p.State == ProducerState.Sealed))}"));
        if (!_world.RunUntil(_world.Now + (20 * Second), () => _store.Heads[SimCluster.Class].OpenSlice >= slice))
            _late.Add(new("L5a", $"slice {slice} is not closed after 20 s of rest; open from {_store.Heads[SimCluster.Class].OpenSlice}"));
        var judge = new SimJudge(_cluster, _callers, _policy);
        string? differs = ClassDiffers(judge);
        if (differs is not null) _late.Add(new("L5", differs));
        return judge;
    }

    /// <summary>Everything dies at once; one new silo has it all.</summary>
    private List<Violation> Restart()
    {
        foreach (SimSilo silo in _cluster.Alive) _cluster.Crash(silo);
        _cluster.Join();

        // Most ask once the dead are known to be dead; what it is to ask before is seen often enough.
        if (_world.Chance(900)) _world.RunUntil(_world.Now + Second, () => _cluster.Silos.TrueForAll(silo => !silo.IsDead || _cluster.IsDeclaredDead(silo)));
        _callers.AskAgain();
        if (!_world.RunUntil(_world.Now + (60 * Second), () => _callers.IsDone)) _late.Add(new("stuck", "callers have no answer after a restart"));
        var judge = new SimJudge(_cluster, _callers, _policy);
        List<Violation> violations = [.. judge.Judge()];
        foreach (MemberId member in _callers.Members)
        {
            _callers.LookAtMember(member, state =>
            {
                if (judge.Differs(state) is { } differs) violations.Add(new("L3", differs));
            });
        }

        if (!_world.RunUntil(_world.Now + (30 * Second), () => _callers.IsDone)) _late.Add(new("stuck", "members are not shown after a restart"));
        if (ClassDiffers(judge) is { } off) violations.Add(new("L5", $"after a restart {off}"));
        return [.. violations, .. _late];
    }

    private string? ClassDiffers(SimJudge judge)
    {
        // A clock that was ahead has charged in slices that are still to come.
        _world.RunUntil(_world.Now + (60 * Second), () => _policy.Window.SliceAt(new Instant(SimTime.EpochMicros + _world.Now)) > judge.NewestSlice);
        string? differs = "the class was not shown";
        for (int looks = 0; looks < 40 && differs is not null; looks++)
        {
            _callers.LookAtClass(state => differs = judge.Differs(state));
            _world.RunUntil(_world.Now + (5 * Second), () => _callers.IsDone);
            if (differs is null)
            {
                differs = "the class's epochs were not shown";
                _callers.LookAtEpochs(epochs => differs = judge.Differs(epochs));
                _world.RunUntil(_world.Now + (5 * Second), () => _callers.IsDone);
            }

            if (differs is not null) _world.RunUntil(_world.Now + 200_000, () => false);
        }

        return differs;
    }
}
