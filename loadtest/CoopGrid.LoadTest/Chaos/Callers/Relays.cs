using CoopGrid.LoadTest.Chaos.Judging;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Chaos.Callers;

/// <summary>
/// Callers in an open loop: questions begin at their times, whatever became of those before. Each goes to a silo drawn by chance; one without an answer is asked again,
/// with the same key, at another, until it is answered or the load ends. Most are durable admissions, alone, twice at once at two silos, in batches, or on streams; some are
/// relaxed; some give back units of earlier ones; some ask again for what was refused.
/// </summary>
internal sealed class Relays(Doors doors, double questionsPerSecond, ulong seed, TimeProvider clock)
{
    // Beyond this, asking again for what is open would be most of the load.
    private const int MostOpen = 1_000;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private const long AvoidMicros = 500_000;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    // Of the questions; of the failovers. Apart, so that answers do not change what is asked.
    private readonly SplitMix _chance = new(unchecked(seed * 31));
    private readonly SplitMix _turns = new(unchecked((seed * 31) + 1));
    private readonly List<Question> _given = [];
    // When each silo last left a caller without an answer, in µs of the history.
    private readonly long[] _failed = [.. Enumerable.Repeat(long.MinValue / 2, doors.Count)];
    private readonly Lock _lock = new();
    private int _keys;
    private int _open = 1;

    /// <summary>Questions that were due and not asked, because too many were open.</summary>
    public int Shed { get; private set; }

    /// <summary>Asks for as long as given; returns when every question is answered or left open.</summary>
    public async Task RunAsync(TimeSpan length, CancellationToken stop)
    {
        long started = clock.GetTimestamp();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        foreach (long at in Arrivals.Times(_ => questionsPerSecond, length.TotalSeconds, ArrivalKind.Poisson, _chance))
        {
            TimeSpan wait = TimeSpan.FromMicroseconds(at) - clock.GetElapsedTime(started);
            if (wait > TimeSpan.FromMilliseconds(1)) await Task.Delay(wait, clock, stop);
            Func<CancellationToken, Task> question = Draw();
            if (Volatile.Read(ref _open) > MostOpen) Shed++;
            else _ = AskAsync(question, over.Token);
        }

        await over.CancelAsync();
        Interlocked.Decrement(ref _open);
        while (Volatile.Read(ref _open) > 0) await Task.Delay(TimeSpan.FromMilliseconds(20), clock, stop);
    }

    private async Task AskAsync(Func<CancellationToken, Task> question, CancellationToken over)
    {
        Interlocked.Increment(ref _open);
        try
        {
            await question(over);
        }
        catch (OperationCanceledException)
        {
            // Left open: the review asks again.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private Func<CancellationToken, Task> Draw()
    {
        int kind = _chance.Below(100);
        Question question = Admission(kind is >= 80 and < 90 ? CallKind.AdmitRelaxed : CallKind.Admit);
        switch (kind)
        {
            case < 12:
                return over => Task.WhenAll(UntilAnsweredAsync(question, over), UntilAnsweredAsync(question, over));
            case < 27:
                Question[] batch = [question, .. Enumerable.Range(0, 1 + _chance.Below(15)).Select(_ => Admission(CallKind.Admit))];
                return kind < 20 ? over => AllUntilAnsweredAsync(batch, doors.AskAllAsync, over) : over => AllUntilAnsweredAsync(batch, doors.AskOnStreamAsync, over);
            case >= 90:
                bool wholly = _chance.Below(2) == 0;
                return Given(_chance.Next()) is { } given
                    ? over => UntilAnsweredAsync(given with { Kind = CallKind.Cancel, Units = wholly ? given.Units : 1 + (given.Units / 2) }, over)
                    : _ => Task.CompletedTask;
            default:
                return over => UntilAnsweredAsync(question, over);
        }
    }

    private Question Admission(CallKind kind)
    {
        bool firm = _chance.Below(4) == 0;
        string[] names = firm ? ChaosCharter.FirmNames : ChaosCharter.PeopleNames;
        // The first members send most.
        string member = names[(int)(_chance.NextDouble() * _chance.NextDouble() * names.Length)];
        return new(kind, firm ? ChaosCharter.Firms : ChaosCharter.People, member, $"{seed}-{_keys++}", 1 + _chance.Below(firm ? 60 : 8));
    }

    private async Task UntilAnsweredAsync(Question question, CancellationToken over)
    {
        TimeSpan pause = FirstPause;
        bool again = true;
        for (int silo = Turn(-1); ; silo = Turn(silo))
        {
            CallRecord told = await doors.AskAsync(question, CallPhase.Load, silo);
            Keep(question, told);
            // A refused key may be tried again; some are, once.
            bool retry = again && told.Told == Outcome.CapacityExceeded && question.Units % 3 == 0;
            if (!told.IsUnknown && !retry) return;
            again &= !retry;
            await Task.Delay(pause, clock, over);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task AllUntilAnsweredAsync(
        Question[] questions, Func<IReadOnlyList<Question>, CallPhase, int, Task<IReadOnlyList<CallRecord>>> ask, CancellationToken over)
    {
        TimeSpan pause = FirstPause;
        for (int silo = Turn(-1); ; silo = Turn(silo))
        {
            IReadOnlyList<CallRecord> told = await ask(questions, CallPhase.Load, silo);
            for (int i = 0; i < questions.Length; i++) Keep(questions[i], told[i]);
            questions = [.. questions.Where((_, i) => told[i].IsUnknown)];
            if (questions.Length == 0) return;
            await Task.Delay(pause, clock, over);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>A silo, but not the one before, nor one that failed somebody in the last half second, if there is another.</summary>
    private int Turn(int before)
    {
        lock (_lock)
        {
            if (before >= 0) _failed[before] = doors.Now;
            int[] good = [.. Enumerable.Range(0, doors.Count).Where(silo => silo != before && doors.Now - _failed[silo] > AvoidMicros)];
            return good.Length > 0 ? good[_turns.Below(good.Length)] : _turns.Below(doors.Count);
        }
    }

    /// <summary>Keeps a durable admission, so that it can be given back.</summary>
    private void Keep(Question question, CallRecord told)
    {
        if (question.Kind != CallKind.Admit || !told.IsDecision) return;
        lock (_lock) _given.Add(question);
    }

    /// <summary>Takes one of the admissions that were not given back yet.</summary>
    private Question? Given(ulong draw)
    {
        lock (_lock)
        {
            if (_given.Count == 0) return null;
            int place = (int)(draw % (ulong)_given.Count);
            Question question = _given[place];
            _given[place] = _given[^1];
            _given.RemoveAt(_given.Count - 1);
            return question;
        }
    }
}
