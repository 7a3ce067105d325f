namespace CoopGrid.LoadTest.Chaos.Judging;

/// <summary>Judges a whole run by what its callers were told and what the grid has written down. Pure.</summary>
internal static class ChaosJudge
{
    /// <param name="calls">All calls of the run, in any order.</param>
    /// <param name="books">The classes when all was quiet.</param>
    /// <returns>What is wrong, those with the shortest history first; none if the run was clean.</returns>
    public static IReadOnlyList<Violation> Judge(IReadOnlyCollection<CallRecord> calls, IReadOnlyList<ClassBook> books)
    {
        KeyStory[] stories = [.. calls.GroupBy(call => (call.Member, call.Key)).Select(group => new KeyStory(group)).Where(story => story.Calls.Any(call => call.Kind != CallKind.Cancel))];
        var violations = new List<Violation>(stories.SelectMany(KeyJudge.Judge));
        foreach (ClassBook book in books)
        {
            KeyStory[] ofClass = [.. stories.Where(story => story.Class == book.Class)];
            violations.AddRange(BooksJudge.Judge(book, ofClass));
            if (CapacityJudge.Find([.. ofClass.SelectMany(story => story.Placed())], book.UnitsPerSecond, book.BurstUnits) is { } excess)
                violations.Add(Over(book, excess));
        }

        return [.. violations.OrderBy(violation => violation.Evidence.Count == 0 ? int.MaxValue : violation.Evidence.Count)];
    }

    private static Violation Over(ClassBook book, Excess excess) => new(
        ViolationKind.OverCapacity,
        $"{book.Class} admitted {excess.Units} units in {(excess.To - excess.From) / 1000.0:F3} ms, at most {excess.MostUnits} fit (C {book.UnitsPerSecond}/s, B {book.BurstUnits}).",
        [.. excess.Within.Select(admission => admission.Call)]);
}
