using CoopGrid.Grains.Hosting;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>
/// What Orleans gives: a directory of activations, which is sloppy, a membership that every silo sees in its own time and that may be wrong, and
/// calls that may be lost.
/// </summary>
internal sealed class SimCluster(SimWorld world, SimStore store, SimPlan plan)
{
    public static readonly GrainType ClassType = GrainType.Create(GrainStates.Class);
    public static readonly GrainType MemberType = GrainType.Create(GrainStates.Member);
    public static readonly ClassId Class = new("coop", "homes");

    private readonly Dictionary<GrainId, SimSilo> _directory = [];

    public SimWorld World => world;

    public SimStore Store => store;

    public SimPlan Plan => plan;

    public List<SimSilo> Silos { get; } = [];

    /// <summary>Silos as the membership table has them, in the order of its versions: joined, or declared dead.</summary>
    public List<(string Address, bool IsDead)> Membership { get; } = [];

    /// <summary>Silos that run, frozen or not.</summary>
    public IReadOnlyList<SimSilo> Alive => [.. Silos.Where(silo => !silo.IsDead)];

    /// <summary>Silos that callers find.</summary>
    public IReadOnlyList<SimSilo> Open => [.. Silos.Where(silo => silo.IsOpen)];

    public static GrainId IdOf(MemberId member) => GrainId.Create(MemberType, IdSpan.Create(member.ToString()));

    public static GrainId IdOf(ClassId @class) => GrainId.Create(ClassType, IdSpan.Create(@class.ToString()));

    public SimSilo Join()
    {
        var silo = new SimSilo(this, Silos.Count + 1);
        Silos.Add(silo);
        Tell(silo.Address, isDead: false);
        silo.View.SeeAll();
        silo.Start();
        return silo;
    }

    /// <summary>The process is gone; the others learn it in time.</summary>
    public void Crash(SimSilo silo)
    {
        if (silo.IsDead) return;
        world.Note(() => $"silo {silo.Number}: is gone");
        silo.Kill();
        world.After(world.Draw(100_000L, 900_000), () => DeclareDead(silo));
    }

    public void DeclareDead(SimSilo silo)
    {
        if (IsDeclaredDead(silo)) return;
        world.Note(() => $"silo {silo.Number}: declared dead");
        Tell(silo.Address, isDead: true);
        foreach (GrainId id in _directory.Where(entry => ReferenceEquals(entry.Value, silo)).Select(entry => entry.Key).ToList()) _directory.Remove(id);
    }

    public bool IsDeclaredDead(SimSilo silo) => Membership.Contains((silo.Address, true));

    /// <summary>Calls a grain: to its activation, or to one that is made.</summary>
    public Task<T> Call<T>(SimSilo? from, GrainId id, Func<Grain, Task<T>> call)
    {
        SimSilo? target = Route(id, from);
        return target is null
            ? Task.FromException<T>(new IOException("There is no silo."))
            : Send(from, target, () => target.ActivationOf(id, anew: Faulty(Faults.Directory, 3)).Call(call));
    }

    /// <summary>Sends a message to a silo and its answer back; either may be lost or late.</summary>
    public Task<T> Send<T>(SimSilo? from, SimSilo target, Func<Task<T>> serve)
    {
        var answer = new TaskCompletionSource<T>();
        bool isLost = Faulty(Faults.Network, 10), answerIsLost = Faulty(Faults.Network, 10);
        world.After(ReferenceEquals(target, from) ? 5 : Way(), () =>
        {
            if (isLost) return;
            target.Scheduler.Run(async () =>
            {
                try
                {
                    T result = await serve();
                    if (!answerIsLost) world.After(Way(), () => answer.TrySetResult(result));
                }
                catch (Exception failure)
                {
                    Suspect(failure);
                    if (!answerIsLost) world.After(Way(), () => answer.TrySetException(failure));
                }
            });
        });
        return answer.Task;
    }

    /// <summary>Puts a tick on the stream.</summary>
    public void Publish(UsageTick tick)
    {
        if (Faulty(Faults.Network, 50)) return;
        int times = Faulty(Faults.Network, 80) ? 2 : 1;
        for (int i = 0; i < times; i++)
        {
            UsageTick sent = i > 0 && plan.Planted == Planted.TickCountsTwice ? tick with { After = tick.Through, Through = tick.Through + 1 } : tick;
            world.After(TickWay(), () => Deliver(sent));
        }
    }

    /// <summary>The directory has the grain elsewhere from now on; the old activation may not know yet.</summary>
    public void Move()
    {
        if (_directory.Count == 0) return;
        (GrainId id, SimSilo silo) = _directory.ElementAt(world.Draw(_directory.Count));
        Move(id, silo);
    }

    /// <summary>The same, for the class.</summary>
    public void MoveClass()
    {
        if (_directory.TryGetValue(IdOf(Class), out SimSilo? silo)) Move(IdOf(Class), silo);
    }

    public void Forget(GrainId id, SimSilo silo)
    {
        if (_directory.TryGetValue(id, out SimSilo? known) && ReferenceEquals(known, silo)) _directory.Remove(id);
    }

    /// <summary>Where the directory has a grain.</summary>
    public SimSilo? Find(GrainId id) => _directory.GetValueOrDefault(id);

    /// <summary>References to the class, and to slots, of which nobody has bid for any.</summary>
    public IGrainFactory FactoryOf(SimSilo silo) => Fake.Of<IGrainFactory>((method, _) => (method.Name, method.GetGenericArguments()) switch
    {
        ("GetGrain", [var type]) when type == typeof(IClassGrain) => new SimClassReference(this, silo),
        ("GetGrain", [var type]) when type == typeof(ITicketDesk) => null,
        ("GetGrain", [var type]) when type == typeof(ISlotGrain) =>
            Fake.Of<ISlotGrain>(called => called.Name == "GetHolders" ? Task.FromResult<SlotHolders?>(null) : throw new NotSupportedException(called.Name)),
        _ => throw new NotSupportedException(method.Name),
    });

    /// <summary>Some faults are never to be seen, whoever catches them.</summary>
    public void Suspect(Exception failure)
    {
        if (failure is LedgerCorruptException or OverflowException or NullReferenceException or KeyNotFoundException or ArgumentException
            || (failure is InvalidOperationException && Never.Any(text => failure.Message.Contains(text, StringComparison.Ordinal))))
        {
            store.Violations.Add(new("fault", failure.ToString()));
        }

        if (failure is AggregateException several)
        {
            foreach (Exception inner in several.InnerExceptions) Suspect(inner);
        }
    }

    private static readonly string[] Never = ["has a gap", "would exceed", "may use", "does not follow", "Another segment", "is open."];

    private bool Faulty(Faults fault, int permille) => !world.IsCalm && plan.Has(fault) && world.Chance(permille);

    private long Way() => plan.Has(Faults.Slow) && world.Chance(plan.SlowPermille) ? world.Draw(1000L, 300_000) : world.Draw(80L, 1200);

    private long TickWay() =>
        !Faulty(Faults.Network, 100) ? world.Draw(1000L, 25_000) : world.Chance(200) ? world.Draw(10_000L, 6_000_000) : world.Draw(10_000L, 500_000);

    private SimSilo? Route(GrainId id, SimSilo? from)
    {
        List<SimSilo> places = Silos.FindAll(silo => silo.IsOpen && !IsDeclaredDead(silo));
        if (places.Count == 0) return null;
        if (Faulty(Faults.Directory, plan.AstrayPermille)) return world.Pick(places);
        if (_directory.TryGetValue(id, out SimSilo? found) && !IsDeclaredDead(found) && !found.IsStopping) return found;
        SimSilo place = from is not null && world.Chance(300) && places.Contains(from) ? from : world.Pick(places);
        return _directory[id] = place;
    }

    private void Move(GrainId id, SimSilo silo)
    {
        _directory.Remove(id);
        world.Note(() => $"{id} is to leave silo {silo.Number}");
        world.After(world.Draw(0L, 400_000), () => silo.Scheduler.Run(() => silo.FindActivation(id)?.Deactivate()));
    }

    private void Deliver(UsageTick tick)
    {
        _ = Call(null, IdOf(Class), async grain =>
        {
            await ((ClassGrain)grain).OnNextAsync(tick);
            return true;
        }).ContinueWith(told => told.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, Silos[0].Scheduler);
    }

    private void Tell(string address, bool isDead)
    {
        Membership.Add((address, isDead));
        foreach (SimSilo silo in Silos) world.After(world.Draw(0L, 250_000), silo.View.SeeAll);
    }
}

/// <summary>The membership as one silo sees it: the table as it was a little ago.</summary>
internal sealed class SimView(SimCluster cluster, SimSilo silo) : ISiloMembership
{
    private int _seen;
    private TaskCompletionSource _changed = new();

    public Task<SiloName> OwnAsync(CancellationToken cancellation) => Task.FromResult(new SiloName(silo.Address, _seen));

    public bool IsGone(SiloName name)
    {
        var known = cluster.Membership.Take(_seen).Where(row => row.Address == name.Address).ToList();
        return known.Count == 0 ? _seen >= name.MembershipVersion : known.Any(row => row.IsDead);
    }

    public bool IsHome(MemberId member)
    {
        List<(string Address, bool IsDead)> known = [.. cluster.Membership.Take(_seen)];
        IEnumerable<string> living = known.Select(row => row.Address).Distinct().Where(address => !known.Contains((address, true))).Append(silo.Address).Distinct();
        return Rendezvous.Of(member, living, address => IdSpan.Create(address).GetHashCode()) == silo.Address;
    }

    public async Task ChangedAsync(TimeSpan atMost, CancellationToken cancellation)
    {
        try
        {
            await _changed.Task.WaitAsync(atMost, silo.Time, cancellation);
        }
        catch (TimeoutException)
        {
        }
    }

    /// <summary>Reads the table.</summary>
    public void SeeAll()
    {
        if (silo.IsDead || silo.FrozenSince is not null) return;
        _seen = cluster.Membership.Count;
        TaskCompletionSource changed = _changed;
        _changed = new();
        changed.SetResult();

        // A silo that reads of its own death ends; not at once.
        if (cluster.Membership.Contains((silo.Address, true))) cluster.World.After(cluster.World.Draw(0L, 200_000), () => cluster.Crash(silo));
    }
}
