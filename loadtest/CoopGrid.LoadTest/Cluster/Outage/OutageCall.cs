namespace CoopGrid.LoadTest.Cluster.Outage;

/// <summary>How callers ask.</summary>
internal enum CallKind : byte
{
    /// <summary>One request, as patient as can be.</summary>
    Unary,

    /// <summary>One request with a deadline of the caller's own, far below a second.</summary>
    Hurried,

    /// <summary>What was asked a second before, with its key, whether it was answered or not.</summary>
    Again,

    /// <summary>An <c>AdmitBatch</c>.</summary>
    Batch,

    /// <summary>A message of an <c>AdmitStream</c>.</summary>
    Stream,
}

/// <summary>One call and what came of it. Times are in ms of the run.</summary>
/// <param name="LimitMs">Within this it must have failed, if it fails: the caller's deadline or a second, whichever is sooner.</param>
/// <param name="SentMs">When it was sent.</param>
/// <param name="EndedMs">When it was answered or failed.</param>
/// <param name="Asked">Its requests.</param>
/// <param name="Admitted">Requests told as admitted.</param>
/// <param name="Unknown">Requests of which no decision was told.</param>
internal readonly record struct OutageCall(CallKind Kind, double LimitMs, double SentMs, double EndedMs, int Asked, int Admitted, int Unknown)
{
    public bool Failed => Unknown > 0;

    public double TookMs => EndedMs - SentMs;

    /// <summary>Requests admitted in time: what came after the limit is no service.</summary>
    public int Served => TookMs <= LimitMs ? Admitted : 0;
}
