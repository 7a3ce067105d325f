namespace CoopGrid.LoadTest.Cluster.Failover;

/// <summary>One question and what came of it.</summary>
/// <param name="Member">Whose, from 0.</param>
/// <param name="SentMs">When it was asked, in ms of the run.</param>
/// <param name="EndedMs">When it was answered or failed.</param>
/// <param name="Told">What came.</param>
/// <param name="Trouble">If it failed: how.</param>
internal readonly record struct Ask(int Member, double SentMs, double EndedMs, Told Told, string? Trouble = null);

/// <summary>What a caller was told.</summary>
internal enum Told : byte
{
    Admitted,

    /// <summary>An answer all the same: there was no room.</summary>
    Refused,

    /// <summary>A status instead of an answer.</summary>
    Failed,
}
