using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Chaos.Judging;

/// <summary>
/// Judges each key by itself:
/// 1. a durable ADMITTED, once told, is answered ADMITTED and replayed for ever after; a wholly cancelled one KEY_CANCELLED;
/// 2. a key is decided at most once; a relaxed one once more after it was lost;
/// 3. a cancel gives back what it named, and never finds a durable key unknown;
/// 4. every question has an answer in the end.
/// </summary>
internal static class KeyJudge
{
    public static IEnumerable<Violation> Judge(KeyStory story)
    {
        if (story.Open is { } open)
        {
            yield return Wrong(ViolationKind.Stuck, $"{story.Key} of {story.Member} has no answer ({open.Kind}: {open.Note ?? "UNAVAILABLE"}).", story);
            yield break;
        }

        if (!story.IsRelaxed && story.Decisions is { Count: > 1 } decisions)
            yield return Wrong(ViolationKind.Doubled, $"{story.Key} of {story.Member} was charged {decisions.Count} times.", story);
        if (FirstForgotten(story) is { } forgotten)
            yield return Wrong(ViolationKind.Lost, $"{story.Key} of {story.Member} was told ADMITTED, and is answered {forgotten.Told}{(forgotten.Replayed ? "" : ", not replayed")} later.", story);
        foreach (CallRecord call in story.Calls)
        {
            if (Fault(story, call) is { } fault) yield return Wrong(ViolationKind.WrongAnswer, $"{story.Key} of {story.Member}: {fault}.", story);
        }
    }

    /// <summary>The first answer that denies a durable admission told before it was asked for.</summary>
    private static CallRecord? FirstForgotten(KeyStory story)
    {
        if (story.IsRelaxed) return null;
        long told = story.Calls.Where(call => call.IsAdmitted).Select(call => call.Answered).DefaultIfEmpty(long.MaxValue).Min();
        return story.Calls.FirstOrDefault(call => call.Asked > told && (call.Kind == CallKind.Cancel
            ? call.Told == Outcome.MemberUnknown
            : !call.IsUnknown && !(call.IsAdmitted && call.Replayed) && !IsSpent(story, call)));
    }

    /// <summary>Whether KEY_CANCELLED is right: a cancel of the whole was asked for before.</summary>
    private static bool IsSpent(KeyStory story, CallRecord call) => call.Told == Outcome.KeyCancelled
        && story.Calls.Any(cancel => cancel.Kind == CallKind.Cancel && cancel.Units == call.Units && cancel.Asked < call.Answered);

    private static string? Fault(KeyStory story, CallRecord call)
    {
        if (call.Kind == CallKind.Cancel)
        {
            // Cancels may overlap and only grow, so a later one may be answered first.
            bool refused = call.Told == Outcome.Invalid;
            if (refused) return $"its cancel is refused ({call.Note})";
            return call.Told == Outcome.Admitted && call.Returned != call.Units ? $"{call.Units} units were to be given back, {call.Returned} were" : null;
        }

        return call.Told switch
        {
            Outcome.Admitted or Outcome.CapacityExceeded or Outcome.QuotaExceeded or Outcome.PriceAboveLimit or Outcome.Unavailable => null,
            Outcome.KeyCancelled when IsSpent(story, call) => null,
            _ => $"is answered {call.Told} ({call.Note})",
        };
    }

    private static Violation Wrong(ViolationKind kind, string what, KeyStory story) => new(kind, what, story.Calls);
}
