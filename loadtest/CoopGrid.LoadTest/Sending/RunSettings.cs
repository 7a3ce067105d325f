namespace CoopGrid.LoadTest.Sending;

/// <summary>By which call requests are sent.</summary>
internal enum SendMode
{
    /// <summary>One call each.</summary>
    Unary,

    /// <summary>What waits goes out as one batch; several batches are under way.</summary>
    Batch,

    /// <summary>One pipelined stream.</summary>
    Stream,
}

/// <summary>Whether the clock or the grid sets the pace.</summary>
internal enum Pace
{
    /// <summary>Open loop: each request is sent when its time has come, whatever became of those before.</summary>
    Schedule,

    /// <summary>As fast as answers make room; latency counts from the actual sending.</summary>
    AsAnswered,
}

/// <summary>How a workload is sent.</summary>
internal sealed record RunSettings
{
    public required string Coop { get; init; }

    public required string Class { get; init; }

    /// <summary>Starts every key of the run: no other run has it.</summary>
    public required string RunId { get; init; }

    public SendMode Mode { get; init; } = SendMode.Unary;

    public Pace Pace { get; init; } = Pace.Schedule;

    /// <summary>Requests without an answer at most; what comes due beyond it is shed by the generator, and counted.</summary>
    public int MaxInFlight { get; init; } = 4096;

    /// <summary>Requests in one batch at most.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Of a thousand admissions, how many are cancelled wholly as soon as they are answered.</summary>
    public int CancelPermille { get; init; }

    /// <summary>
    /// How far ahead the tickets may be that patient messages take while there is no room, or only at a price above ×1. Null: they are sent like all others.
    /// </summary>
    public TimeSpan? Defer { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
