using CoopGrid.LoadTest.Chaos.Judging;
using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Chaos;

/// <summary>A run's result file; RESULTS.md explains it field by field.</summary>
internal sealed record ChaosResult
{
    public int Schema { get; init; } = 1;

    public required string Command { get; init; }

    public required string StartedAt { get; init; }

    public required Machine Machine { get; init; }

    public required ulong Seed { get; init; }

    public required double Minutes { get; init; }

    public required int Silos { get; init; }

    public required string Storage { get; init; }

    /// <summary>Faults that happened, by kind.</summary>
    public required IReadOnlyDictionary<string, int> Faults { get; init; }

    /// <summary>Processes ended by SIGKILL.</summary>
    public required int Kills { get; init; }

    /// <summary>Silos that ended by themselves and were replaced, such as those that found themselves declared dead.</summary>
    public required int EndedAlone { get; init; }

    /// <summary>Faults that could not be made on this machine, with the reason.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    public required ChaosTotals Totals { get; init; }

    /// <summary>Of the attempts under load.</summary>
    public required IReadOnlyDictionary<string, int> Outcomes { get; init; }

    public required IReadOnlyDictionary<string, int> Violations { get; init; }

    /// <summary>What is wrong, one sentence each, the first twenty.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>What silos did that they should not, although no answer was wrong.</summary>
    public required IReadOnlyCollection<string> Troubles { get; init; }

    public bool Clean => Violations.Count == 0;
}

/// <summary>Counts of a run.</summary>
/// <param name="Keys">Sends that were asked for.</param>
/// <param name="Attempts">Calls' items under load, retries included.</param>
/// <param name="Unknown">Of the attempts, those without an answer.</param>
/// <param name="Shed">Questions that were due and not asked.</param>
/// <param name="AdmittedUnits">Units charged in the end, cancels taken off.</param>
/// <param name="CancelledUnits">Units given back.</param>
/// <param name="RelaxedLost">Relaxed admissions that a crash lost, as it may.</param>
/// <param name="Reviewed">Keys asked again in the end.</param>
internal sealed record ChaosTotals(int Keys, int Attempts, int Unknown, int Shed, long AdmittedUnits, long CancelledUnits, int RelaxedLost, int Reviewed)
{
    public static ChaosTotals Of(IReadOnlyCollection<CallRecord> calls, int shed)
    {
        KeyStory[] stories = [.. calls.GroupBy(call => (call.Member, call.Key)).Select(group => new KeyStory(group))];
        CallRecord[] load = [.. calls.Where(call => call.Phase == CallPhase.Load)];
        return new(
            stories.Length, load.Length, load.Count(call => call.IsUnknown), shed,
            stories.Sum(story => story.ChargedUnits), stories.Sum(story => story.Returned),
            stories.Count(story => story.IsRelaxed && story.Calls.Any(call => call.Phase == CallPhase.Load && call.IsAdmitted) && story.Verdict is not { IsAdmitted: true, Replayed: true }),
            stories.Count(story => story.Calls.Any(call => call.Phase == CallPhase.Review)));
    }
}
