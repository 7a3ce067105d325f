using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Checking;

/// <summary>
/// Holds what callers were told against what the grid has written down:
/// 1. every member's total grew by exactly what was told for it, and nobody else's grew;
/// 2. S = Σ u over all members, at one slice;
/// 3. S grew by exactly what was told, if no slice can have left the window meanwhile;
/// 4. no question is left without a known answer.
/// </summary>
internal static class Checker
{
    private const int Named = 20;

    /// <param name="now">The books after the run.</param>
    /// <param name="oneSlice">Whether they are all of one slice.</param>
    public static CheckReport Check(Recording recording, Standings now, bool oneSlice, int windowSlices)
    {
        var problems = new List<string>();
        long grew = CompareMembers(recording, now, problems);
        long told = recording.Told.Sum(member => member.Units);
        long window = ClassBooks.Sum(now);
        if (!oneSlice) problems.Add("The class and its members could not be read at one slice: is it still in use, or are its slices too short?");
        else if (window != now.UsageUnits) problems.Add($"S is {now.UsageUnits}, but its members' windows add up to {window}: {now.UsageUnits - window:+0;-0}.");
        long? usageGrew = Comparable(recording.Baseline, now, windowSlices) ? now.UsageUnits - recording.Baseline.UsageUnits : null;
        if (oneSlice && usageGrew is { } growth && growth != told) problems.Add($"S grew by {growth}, callers were told {told}: {growth - told:+0;-0}.");
        if (recording.Open.Count > 0) problems.Add($"{recording.Open.Count} questions are still without a known answer.");
        return new(told, grew, now.UsageUnits, window, usageGrew, now.Members.Count, recording.Open.Count, problems);
    }

    /// <summary>Whether nothing that was in S at the baseline can have left the window since.</summary>
    private static bool Comparable(Standings baseline, Standings now, int windowSlices) =>
        now.Slice == baseline.Slice || (baseline.UsageUnits == 0 && now.Slice - baseline.Slice < windowSlices);

    private static long CompareMembers(Recording recording, Standings now, List<string> problems)
    {
        var before = recording.Baseline.Members.ToDictionary(m => m.Member, m => m.TotalUnits, StringComparer.Ordinal);
        var told = recording.Told.ToDictionary(m => m.Member, m => m.Units, StringComparer.Ordinal);
        long grewAll = 0;
        int wrong = 0;
        foreach (MemberStanding member in now.Members)
        {
            long grew = member.TotalUnits - before.GetValueOrDefault(member.Member);
            grewAll += grew;
            told.Remove(member.Member, out long said);
            if (grew == said) continue;
            if (wrong++ < Named) problems.Add($"{member.Member} was told {said} units and was charged {grew}: {grew - said:+0;-0}.");
        }

        foreach ((string member, long said) in told.Where(left => left.Value != 0))
        {
            if (wrong++ < Named) problems.Add($"{member} was told {said} units and is not in the class.");
        }

        if (wrong > Named) problems.Add($"…and {wrong - Named} more members.");
        return grewAll;
    }
}
