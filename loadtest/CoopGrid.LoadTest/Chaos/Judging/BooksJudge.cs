namespace CoopGrid.LoadTest.Chaos.Judging;

/// <summary>
/// Holds a class's books against what its callers were told in the end:
/// 1. every member's total is what was told for it; no other member was charged;
/// 2. S = Σ of the members' windows at one slice, and N their number; and S = Σ told, as a run's class has a window that no slice leaves;
/// 3. slices go on closing.
/// </summary>
internal static class BooksJudge
{
    /// <summary>How many slices the last closed one may lie behind: the running one, the one whose marks are under way, and one for a slow machine.</summary>
    public const long MostBehind = 4;

    /// <param name="stories">The keys of the class.</param>
    public static IEnumerable<Violation> Judge(ClassBook book, IReadOnlyCollection<KeyStory> stories)
    {
        ILookup<string, KeyStory> byMember = stories.ToLookup(story => story.Member, StringComparer.Ordinal);
        foreach (MemberBook member in book.Members)
        {
            if (Compare(member, [.. byMember[member.Member]]) is { } wrong) yield return wrong;
        }

        var known = book.Members.Select(member => member.Member).ToHashSet(StringComparer.Ordinal);
        foreach (IGrouping<string, KeyStory> gone in byMember.Where(group => !known.Contains(group.Key) && group.Sum(story => story.ChargedUnits) != 0))
            yield return new(ViolationKind.Lost, $"{gone.Key} was charged, and is not in {book.Class}.", [.. gone.SelectMany(story => story.Calls)]);
        foreach (Violation wrong in Mean(book, stories)) yield return wrong;
        if (book.ClosedBehind > MostBehind)
            yield return new(ViolationKind.Stuck, $"The last closed slice of {book.Class} lies {book.ClosedBehind} slices behind.", []);
    }

    private static Violation? Compare(MemberBook member, KeyStory[] stories)
    {
        long told = stories.Sum(story => story.ChargedUnits);
        long off = member.TotalUnits - told;
        if (off == 0 || stories.Any(story => story.Open is not null)) return null;
        // A single key that explains the difference is the shortest history; else all that were charged or cancelled.
        KeyStory[] suspects = [.. stories.Where(story => story.Calls[0].Units == Math.Abs(off) && story.Calls.Any(call => call.IsUnknown))];
        if (suspects.Length == 0) suspects = [.. stories.Where(story => story.ChargedUnits != 0 || story.Returned != 0 || story.Calls.Any(call => call.IsUnknown))];
        ViolationKind kind = off < 0 ? ViolationKind.Lost : stories.Length == 0 ? ViolationKind.Unasked : ViolationKind.Doubled;
        return new(kind, $"{member.Member} was told {told} units and is charged {member.TotalUnits}: {off:+0;-0}.", [.. suspects.SelectMany(story => story.Calls).OrderBy(call => call.Asked)]);
    }

    private static IEnumerable<Violation> Mean(ClassBook book, IReadOnlyCollection<KeyStory> stories)
    {
        if (!book.OneSlice)
        {
            yield return new(ViolationKind.MeanOff, $"{book.Class} and its members could not be read at one slice.", []);
            yield break;
        }

        long window = book.Members.Sum(member => member.WindowUnits), total = book.Members.Sum(member => member.TotalUnits);
        if (window != book.UsageUnits)
            yield return new(ViolationKind.MeanOff, $"S of {book.Class} is {book.UsageUnits}, its members' windows add up to {window}: {book.UsageUnits - window:+0;-0}.", []);
        if (window != total)
            yield return new(ViolationKind.MeanOff, $"The members' windows of {book.Class} add up to {window}, their totals to {total}, and no slice has left the window.", []);
        if (book.MemberCount != book.Members.Count)
            yield return new(ViolationKind.MeanOff, $"N of {book.Class} is {book.MemberCount}; it has {book.Members.Count} members.", []);
    }
}
