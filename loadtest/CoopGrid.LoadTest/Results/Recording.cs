namespace CoopGrid.LoadTest.Results;

/// <summary>What a run leaves for <c>check</c>: how the class stood before, and what callers were told.</summary>
/// <param name="Schema">1.</param>
/// <param name="Baseline">The class before the run.</param>
/// <param name="Told">Net units told to be charged during the run, by member; members left out were told none.</param>
/// <param name="Open">Questions whose outcome is not known.</param>
internal sealed record Recording(
    int Schema,
    string RunId,
    string Coop,
    string Class,
    Standings Baseline,
    IReadOnlyList<MemberUnits> Told,
    IReadOnlyList<OpenQuestion> Open);

/// <summary>A class and its members at one moment.</summary>
/// <param name="Slice">The slice that S and the windows hold as their last.</param>
/// <param name="UsageUnits">S.</param>
internal sealed record Standings(long Slice, long UsageUnits, IReadOnlyList<MemberStanding> Members);

/// <summary>A member: all units ever charged less cancels, and those in the window.</summary>
internal sealed record MemberStanding(string Member, long TotalUnits, long WindowUnits);

/// <summary>A member and units.</summary>
internal sealed record MemberUnits(string Member, long Units);

/// <summary>A question whose outcome is not known: its key tells, when asked again with the same payload.</summary>
/// <param name="Cancel">Whether it is the cancel of an admission that is not known.</param>
internal sealed record OpenQuestion(string Member, string Key, string Lane, long Units, bool Cancel);
