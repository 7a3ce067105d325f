using System.Collections.Immutable;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>
/// Relays: each asks for an admission with a key until it knows the answer, through whatever silo it finds, and sometimes gives units back. What
/// they asked and were told is what the judge goes by.
/// </summary>
internal sealed class SimCallers
{
    private const long PatienceMicros = 1_300_000;
    private const string Caller = "relay";

    private readonly SimCluster _cluster;
    private readonly SimWorld _world;
    private readonly SimScheduler _scheduler;
    private readonly SimTime _time;
    private int _underWay;

    public SimCallers(SimCluster cluster)
    {
        _cluster = cluster;
        _world = cluster.World;
        _scheduler = new(_world, 0);
        _time = new(_scheduler, 0, 0);
    }

    public List<Asked> Asked { get; } = [];

    public List<MemberId> Members { get; } = [];

    /// <summary>Whether everybody knows.</summary>
    public bool IsDone => _underWay == 0;

    /// <summary>Founds the class and enrols its members.</summary>
    public void Found(ClassPolicy policy, int members)
    {
        for (int i = 0; i < members; i++) Members.Add(new(SimCluster.Class.Coop, $"m{i}"));
        Begin(0, async () =>
        {
            while (!await Founded(policy)) await Pause(20, 60);
            foreach (MemberId member in Members)
            {
                Begin(_world.Draw(0L, 50_000), async () =>
                {
                    while (!await Enrolled(member)) await Pause(20, 80);
                });
            }
        });
    }

    /// <summary>Has requests asked within so many ms.</summary>
    public void Load(int requests, int withinMs)
    {
        for (int i = 0; i < requests;)
        {
            int together = _world.Chance(100) ? (int)_world.Draw(2L, 4) : 1;
            MemberId member = _world.Pick(Members);
            List<Asked> group = [];
            for (; together-- > 0 && i < requests; i++) group.Add(new(member, $"k{i}", _world.Draw(1L, _world.Chance(100) ? 20 : 8)));
            Asked.AddRange(group);
            Begin(_world.Draw(0L, withinMs * 1000L), () => group.Count == 1 ? Ask(group[0]) : AskTogether(group));
        }
    }

    /// <summary>Asks again for all that was told as admitted: it is remembered, whoever has died since.</summary>
    public void AskAgain()
    {
        foreach (Asked asked in Asked.Where(asked => asked.Told == Outcome.Admitted))
        {
            Begin(_world.Draw(0L, 50_000), async () =>
            {
                AdmissionAnswer answer;
                while ((answer = await AtDoor(asked)).Outcome == Outcome.Unavailable) await Pause(10, 50);
                asked.Hear(answer, isRepeat: true);
            });
        }
    }

    /// <summary>The class's public state, once it is known.</summary>
    public void LookAtClass(Action<ClassState> seen) => Begin(0, async () =>
    {
        var state = await Calling<ClassState?>(door => _cluster.FactoryOf(door).GetGrain<IClassGrain>("").GetState().AsTask());
        if (state is not null) seen(state);
    });

    /// <summary>The class's epochs as its grain shows them.</summary>
    public void LookAtEpochs(Action<IReadOnlyList<ClassEpochFigures>> seen) => Begin(0, async () =>
        seen(await Calling<ClassEpochFigures[]>(async door => [.. await _cluster.FactoryOf(door).GetGrain<IClassGrain>("").GetEpochs()]) ?? []));

    /// <summary>A member's account as its grain shows it.</summary>
    public void LookAtMember(MemberId member, Action<MemberState> seen) => Begin(0, async () =>
    {
        MemberState? state;
        while ((state = await Calling<MemberState?>(async door => await door.CallMember(member, grain => grain.GetState()))) is null) await Pause(20, 60);
        seen(state);
    });

    private void Begin(long afterMicros, Func<Task> work)
    {
        _underWay++;
        _world.After(afterMicros, () => _scheduler.Run(async () =>
        {
            try
            {
                await work();
            }
            catch (Exception failure)
            {
                _cluster.Store.Violations.Add(new("fault", failure.ToString()));
            }

            _underWay--;
        }));
    }

    private async Task Ask(Asked asked)
    {
        for (int refusals = 0; ;)
        {
            AdmissionAnswer answer = await AtDoor(asked);
            if (answer.Outcome == Outcome.Unavailable)
            {
                await Pause(5, 80);
                continue;
            }

            asked.Hear(answer, isRepeat: false);
            if (answer.Outcome == Outcome.CapacityExceeded && ++refusals < 3)
            {
                await Pause(20, 300);
                continue;
            }

            break;
        }

        if (asked.Told == Outcome.Admitted) await GiveBackSometimes(asked);
    }

    private async Task AskTogether(List<Asked> group)
    {
        ImmutableArray<AdmissionRequest> requests = [.. group.Select(Request)];
        ImmutableArray<AdmissionAnswer> answers =
            await Calling(async door => (await door.CallMember(group[0].Member, grain => grain.AdmitBatch(requests))).Answers);
        if (!answers.IsDefault)
        {
            for (int i = 0; i < group.Count; i++)
            {
                if (answers[i].Outcome is Outcome.Admitted) group[i].Hear(answers[i], isRepeat: false);
            }
        }

        foreach (Asked asked in group.Where(asked => asked.Told is null)) await Ask(asked);
    }

    private async Task GiveBackSometimes(Asked asked)
    {
        if (!_world.Chance(250)) return;
        await Pause(0, 1500);
        asked.GivingBack = _world.Chance(400) ? asked.Units : _world.Draw(1L, asked.Units);
        while (true)
        {
            CancelAnswer? answer = await Calling<CancelAnswer?>(
                async door => await door.CallMember(asked.Member, grain => grain.Cancel(asked.Key, asked.GivingBack, Caller)));
            if (answer is { Outcome: CancelOutcome.Returned } returned)
            {
                asked.GaveBack = returned.ReturnedUnits;
                return;
            }

            if (answer is { } told && told.Outcome != CancelOutcome.Unavailable)
            {
                asked.Wrong.Add($"giving {asked.GivingBack} back was answered {told}");
                return;
            }

            await Pause(10, 80);
        }
    }

    private async Task<bool> Founded(ClassPolicy policy) => await Calling(async door =>
    {
        await _cluster.FactoryOf(door).GetGrain<IClassGrain>("").Found(policy, "UTC");
        return true;
    });

    private async Task<bool> Enrolled(MemberId member)
    {
        MemberAnswer? answer = await Calling<MemberAnswer?>(
            async door => await door.CallMember(member, grain => grain.Enroll(SimCluster.Class.Class)));
        return answer?.Outcome is MemberOutcome.Changed or MemberOutcome.Unchanged;
    }

    private async Task<AdmissionAnswer> AtDoor(Asked asked)
    {
        AdmissionAnswer? answer = await Calling<AdmissionAnswer?>(door => AtDoor(door, asked));
        return answer ?? AdmissionAnswer.Refused(Outcome.Unavailable, "No answer.");
    }

    private async Task<AdmissionAnswer?> AtDoor(SimSilo door, Asked asked)
    {
        AdmissionAnswer answer = await door.Admit(asked.Member, Request(asked));

        // Here the answer leaves the silo: what it says is durable by now, or is a lie (L1).
        if (answer.Outcome == Outcome.Admitted) asked.ToldAtCommits = Math.Min(asked.ToldAtCommits, _cluster.Store.Log.Count);
        return answer;
    }

    /// <summary>Calls through a silo; null if there is no answer in time, or it is a failure.</summary>
    private Task<T?> Calling<T>(Func<SimSilo, Task<T>> call)
    {
        var answer = new TaskCompletionSource<T?>();
        IReadOnlyList<SimSilo> doors = _cluster.Open;
        if (doors.Count == 0)
        {
            answer.SetResult(default);
            return answer.Task;
        }

        SimSilo door = _world.Pick(doors);
        _world.After(_world.Draw(50L, 500), () => door.Scheduler.Run(async () =>
        {
            try
            {
                T told = await call(door);
                _world.After(_world.Draw(50L, 500), () => answer.TrySetResult(told));
            }
            catch (Exception failure)
            {
                _cluster.Suspect(failure);
                answer.TrySetResult(default);
            }
        }));
        _world.After(PatienceMicros, () => answer.TrySetResult(default));
        return answer.Task;
    }

    private Task Pause(int leastMs, int mostMs) => Task.Delay(TimeSpan.FromMilliseconds(_world.Draw((long)leastMs, mostMs)), _time);

    private static AdmissionRequest Request(Asked asked) => new() { Key = asked.Key, Units = asked.Units, Lane = "", Caller = Caller };
}

/// <summary>One send: what was asked, and what its caller was told.</summary>
internal sealed class Asked(MemberId member, string key, long units)
{
    public MemberId Member => member;

    public string Key => key;

    public long Units => units;

    /// <summary>The last answer that is one; null while there is none.</summary>
    public Outcome? Told { get; private set; }

    /// <summary>How many segments were durable when it was first answered as admitted.</summary>
    public int ToldAtCommits { get; set; } = int.MaxValue;

    /// <summary>How much was to be given back.</summary>
    public long GivingBack { get; set; }

    /// <summary>How much was told to be given back.</summary>
    public long GaveBack { get; set; }

    /// <summary>What was said that cannot be.</summary>
    public List<string> Wrong { get; } = [];

    public void Hear(AdmissionAnswer answer, bool isRepeat)
    {
        bool spent = GivingBack == units && answer.Outcome == Outcome.KeyCancelled;
        if (isRepeat && !spent && (answer.Outcome != Outcome.Admitted || !answer.Replayed)) Wrong.Add($"asked again, it was answered {answer}");
        if (answer.Outcome == Outcome.Admitted && answer.Units != units) Wrong.Add($"{units} were asked, {answer.Units} admitted");
        if (answer.Outcome is not (Outcome.Admitted or Outcome.CapacityExceeded) && !spent) Wrong.Add($"answered {answer}");
        if (!isRepeat) Told = answer.Outcome;
    }
}
