using CoopGrid.LoadTest.Chaos.Callers;
using CoopGrid.LoadTest.Chaos.Judging;

namespace CoopGrid.LoadTest.Chaos;

/// <summary>A judge's finding, in words.</summary>
internal static class Verdict
{
    /// <summary>The most lines of history that are printed of one violation.</summary>
    private const int MostLines = 40;

    /// <summary>The violations, with the shortest history that shows one.</summary>
    /// <param name="replay">The command that runs the same schedule again.</param>
    public static IEnumerable<string> Words(IReadOnlyList<Violation> violations, ulong seed, string replay, string historyPath)
    {
        if (violations.Count == 0)
        {
            yield return "judged: clean. Nothing lost, doubled or unasked; never over capacity; S and N agree; nothing stuck.";
            yield break;
        }

        yield return $"judged: NOT CLEAN, {violations.Count} violations with seed {seed}:";
        foreach (IGrouping<ViolationKind, Violation> kind in violations.GroupBy(violation => violation.Kind)) yield return $"  {kind.Key}: {kind.Count()}, such as: {kind.First().What}";
        Violation shortest = violations[0];
        yield return $"the shortest history that shows it ({shortest.Kind}: {shortest.What}), times in µs:";
        foreach (CallRecord call in shortest.Evidence.Take(MostLines)) yield return "  " + HistoryLog.Line(call);
        if (shortest.Evidence.Count > MostLines) yield return $"  …and {shortest.Evidence.Count - MostLines} calls more.";
        yield return $"the whole history: {historyPath}";
        yield return $"the same schedule again: {replay}";
    }
}
