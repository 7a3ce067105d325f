using System.Text.Json.Serialization;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Chaos.Judging;

/// <summary>What a caller asked for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CallKind>))]
internal enum CallKind
{
    /// <summary>To admit, answered only once it is durable; alone or in a batch.</summary>
    Admit,

    /// <summary>To admit, answered at once: a crash may lose it.</summary>
    AdmitRelaxed,

    /// <summary>To give units of a key back.</summary>
    Cancel,
}

/// <summary>When in a run a call was made.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CallPhase>))]
internal enum CallPhase
{
    /// <summary>Under load and faults, up to the answer.</summary>
    Load,

    /// <summary>Once all was quiet again: every key that was ever asked for is asked again.</summary>
    Review,
}

/// <summary>
/// One attempt of a caller and what it was told: a line of a run's history. A question is all attempts with the same kind and key; attempts of one question may
/// overlap. Times are in µs of one monotonic clock, so the deed lies in [<paramref name="Asked"/>, <paramref name="Answered"/>]
/// of its attempt, or later if the attempt ended without an answer.
/// </summary>
/// <param name="Key">Names the send; unique within a run and member.</param>
/// <param name="Units">Asked for; of a cancel the total to be given back so far.</param>
/// <param name="Silo">The place that was asked.</param>
/// <param name="Told">The outcome; of a cancel <see cref="Outcome.Admitted"/> if it was done. <see cref="Outcome.Unavailable"/>: no answer, whatever the reason.</param>
/// <param name="Replayed">The key was known.</param>
/// <param name="Returned">Of a cancel: units given back so far, as answered.</param>
/// <param name="Note">What was said with it, for a person.</param>
internal sealed record CallRecord(
    CallPhase Phase,
    CallKind Kind,
    string Class,
    string Member,
    string Key,
    long Units,
    int Silo,
    long Asked,
    long Answered,
    [property: JsonConverter(typeof(JsonStringEnumConverter<Outcome>))] Outcome Told,
    bool Replayed = false,
    long Returned = 0,
    string? Note = null)
{
    /// <summary>Told to be charged, now or before.</summary>
    public bool IsAdmitted => Kind != CallKind.Cancel && Told == Outcome.Admitted;

    /// <summary>Decided by this very attempt.</summary>
    public bool IsDecision => IsAdmitted && !Replayed;

    /// <summary>Nothing is known of what it did.</summary>
    public bool IsUnknown => Told == Outcome.Unavailable;
}

/// <summary>What the grid has written down when all is quiet.</summary>
/// <param name="Class">The customer class.</param>
/// <param name="UnitsPerSecond">C.</param>
/// <param name="BurstUnits">B.</param>
/// <param name="UsageUnits">S.</param>
/// <param name="MemberCount">N.</param>
/// <param name="OneSlice">Whether S and the members' windows could be read of one slice.</param>
/// <param name="ClosedBehind">How many slices the last closed one lies behind the running one.</param>
internal sealed record ClassBook(
    string Class, long UnitsPerSecond, long BurstUnits, long UsageUnits, long MemberCount, bool OneSlice, long ClosedBehind, IReadOnlyList<MemberBook> Members);

/// <summary>A member when all is quiet: units ever charged less cancels, and those in the window.</summary>
internal sealed record MemberBook(string Member, long TotalUnits, long WindowUnits);
