using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Chaos.Judging;

/// <summary>All that was asked and told about one key.</summary>
internal sealed class KeyStory
{
    private readonly CallRecord[] _admits;
    private readonly CallRecord[] _cancels;

    /// <param name="calls">The key's calls, in any order.</param>
    public KeyStory(IEnumerable<CallRecord> calls)
    {
        Calls = [.. calls.OrderBy(call => call.Asked)];
        _admits = [.. Calls.Where(call => call.Kind != CallKind.Cancel)];
        _cancels = [.. Calls.Where(call => call.Kind == CallKind.Cancel)];
    }

    public IReadOnlyList<CallRecord> Calls { get; }

    public string Class => Calls[0].Class;

    public string Member => Calls[0].Member;

    public string Key => Calls[0].Key;

    /// <summary>A crash may lose it.</summary>
    public bool IsRelaxed => _admits.Any(call => call.Kind == CallKind.AdmitRelaxed);

    /// <summary>Units given back so far, as told.</summary>
    public long Returned => _cancels.Where(call => call.Told == Outcome.Admitted).Select(call => call.Returned).DefaultIfEmpty().Max();

    /// <summary>
    /// What its last answered review said; of a key that was not reviewed, its admission, or its last refusal if every attempt was answered, so that nothing of it
    /// is under way. Null if it is not known.
    /// </summary>
    public CallRecord? Verdict => _admits.LastOrDefault(call => call.Phase == CallPhase.Review && !call.IsUnknown)
        ?? _admits.FirstOrDefault(call => call.IsAdmitted)
        ?? (_admits.Any(call => call.IsUnknown) ? null : _admits.LastOrDefault());

    /// <summary>Net units charged for it, by its verdict.</summary>
    public long ChargedUnits => Verdict is { IsAdmitted: true } verdict ? verdict.Units - Returned : 0;

    /// <summary>Answers that each say: this attempt was charged.</summary>
    public IReadOnlyList<CallRecord> Decisions => [.. _admits.Where(call => call.IsDecision)];

    /// <summary>
    /// The admissions that took capacity, each with the bounds of its moment: a decision lies within its own attempt; one that was only ever told as replayed lies
    /// between the first asking and the first such answer.
    /// </summary>
    public IEnumerable<PlacedAdmission> Placed()
    {
        IReadOnlyList<CallRecord> decisions = Decisions;
        foreach (CallRecord decision in decisions) yield return new(decision.Asked, decision.Answered, decision.Units, decision);
        if (decisions.Count > 0) yield break;
        CallRecord? replay = _admits.Where(call => call.IsAdmitted).MinBy(call => call.Answered);
        if (replay is not null) yield return new(_admits[0].Asked, replay.Answered, replay.Units, replay);
    }

    /// <summary>The last question about it that was never answered; null if all were.</summary>
    public CallRecord? Open
    {
        get
        {
            if (Verdict is null) return _admits.LastOrDefault(call => call.IsUnknown) ?? _cancels.LastOrDefault(call => call.IsUnknown);
            CallRecord? cancel = _cancels.LastOrDefault();
            return cancel is { IsUnknown: true } && !_cancels.Any(call => !call.IsUnknown && call.Units == cancel.Units) ? cancel : null;
        }
    }
}

/// <summary>An admission and the bounds of the moment when it was decided, in µs.</summary>
internal readonly record struct PlacedAdmission(long From, long To, long Units, CallRecord Call);
