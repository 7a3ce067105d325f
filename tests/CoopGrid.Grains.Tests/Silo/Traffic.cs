using System.Collections.Concurrent;
using CoopGrid.Grains.Admission;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Silo;

/// <summary>
/// A relay that makes random calls, repeats what was not decided, and remembers what it was told. Every retry must be answered as
/// before. One instance makes one call after another; several may share members.
/// </summary>
/// <param name="atDoor">Whether it asks as a door of the silo does, which decides on the spot where it can.</param>
internal sealed class Traffic(string name, int seed, bool atDoor = false)
{
    private readonly Random _random = new(seed);
    private readonly List<(int Member, string Key, long Units)> _admitted = [];
    private readonly ConcurrentDictionary<string, AdmissionAnswer> _told = new();
    private readonly Dictionary<string, long> _returned = [];
    private int _keys;

    /// <summary>Admissions by key, as first told.</summary>
    public IReadOnlyDictionary<string, AdmissionAnswer> Told => _told;

    /// <summary>Answers "unavailable" that were met.</summary>
    public int Unavailable { get; private set; }

    /// <summary>Requests that were decided without a grain call.</summary>
    public int DecidedAtDoor { get; private set; }

    /// <summary>Units told to be admitted, less those told to be given back.</summary>
    public long NetUnits => _told.Values.Sum(answer => answer.Units) - _returned.Values.Sum();

    public async Task Run(GridSilo silo, int members, int calls)
    {
        for (int i = 0; i < calls; i++) await Call(silo, members);
    }

    private async Task Call(GridSilo silo, int members)
    {
        int kind = _random.Next(20);
        int member = _random.Next(members);
        if (kind < 13 || _admitted.Count == 0) await Admit(silo, member, $"{name}-{_keys++}", _random.Next(1, 10));
        else if (kind < 15) await Repeat(silo);
        else if (kind < 18) await Cancel(silo);
        else await Delivered(() => silo.Member($"m{member}").Entitle("critical", kind == 18));
    }

    private async Task Admit(GridSilo silo, int member, string key, long units)
    {
        AdmissionAnswer answer = await Decided(silo, member, key, units);
        if (answer.Outcome != Outcome.Admitted) return;
        Assert.True(_told.TryAdd(key, answer));
        _admitted.Add((member, key, units));
    }

    private async Task Repeat(GridSilo silo)
    {
        (int member, string key, long units) = _admitted[_random.Next(_admitted.Count)];
        AdmissionAnswer answer = await Decided(silo, member, key, units);
        if (_returned.GetValueOrDefault(key) == units)
        {
            Assert.Equal(Outcome.KeyCancelled, answer.Outcome);
            return;
        }

        Assert.Equal(_told[key] with { Replayed = true }, answer);
    }

    private async Task Cancel(GridSilo silo)
    {
        (int member, string key, long units) = _admitted[_random.Next(_admitted.Count)];
        long total = _random.NextInt64(_returned.GetValueOrDefault(key), units + 1);
        CancelAnswer answer;
        do answer = await Delivered(() => silo.Member($"m{member}").Cancel(key, total, "relay"));
        while (answer.Outcome == CancelOutcome.Unavailable);

        // 0 is everything.
        Assert.Equal(new CancelAnswer(CancelOutcome.Returned, total == 0 ? units : total), answer);
        _returned[key] = answer.ReturnedUnits;
    }

    // Whether a first answer was lost or not, the key is charged once: a first "unavailable" may turn into a replay.
    private async Task<AdmissionAnswer> Decided(GridSilo silo, int member, string key, long units)
    {
        bool first = true;
        while (true)
        {
            AdmissionRequest request = Ask.For(key, units);
            AdmissionAnswer answer = await Delivered(() => atDoor ? AtDoor(silo, member, request) : silo.Member($"m{member}").Admit(request));
            if (answer.Outcome != Outcome.Unavailable) return first || _told.ContainsKey(key) ? answer : answer with { Replayed = false };
            first = false;
            Unavailable++;
        }
    }

    // Where activations come and go, Orleans turns a message away that met none twice: nothing was done, and it is sent again.
    private async Task<T> Delivered<T>(Func<ValueTask<T>> call)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (OrleansMessageRejectionException)
            {
                Unavailable++;
            }
        }
    }

    // As AdmissionDesk does, but now and then held up between finding who decides and having it decided, as any thread may be.
    private async ValueTask<AdmissionAnswer> AtDoor(GridSilo silo, int member, AdmissionRequest request)
    {
        IRequestDecider? decider = silo.Service<IResidentMembers>().Find(new(GridSilo.Coop, $"m{member}"));
        if (_random.Next(4) == 0) await silo.StateOf($"m{_random.Next(member + 1)}");
        if (decider is null) return await silo.Member($"m{member}").Admit(request);
        AdmissionAnswer answer = await (await decider.Pledge(request)).Settled();
        if (answer.Outcome == Outcome.Admitted) DecidedAtDoor++;
        return answer;
    }
}
