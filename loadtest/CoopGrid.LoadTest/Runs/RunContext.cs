using CoopGrid.Client;
using CoopGrid.LoadTest.Sending;

namespace CoopGrid.LoadTest.Runs;

/// <summary>One run's options, read.</summary>
internal sealed record RunContext
{
    /// <summary>Enrolment, the class's state and the books have to come, however short the patience with a single admission is.</summary>
    private static readonly TimeSpan BooksFor = TimeSpan.FromMinutes(1);

    public required string Address { get; init; }

    public required RunSettings Settings { get; init; }

    /// <summary>For how long an admission or a cancel without a known answer is asked again.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(5);

    public ulong Seed { get; init; }

    public required string Out { get; init; }

    public string? History { get; init; }

    public bool Plain { get; init; }

    public bool Check { get; init; } = true;

    public string CommandLine { get; init; } = "";

    /// <summary>Where the recording goes: beside the result.</summary>
    public string RecordingPath => Path.ChangeExtension(Out, ".recording.json");

    public CoopGridClient OpenClient() =>
        new(CoopGridOptions.For(Address) with { Deadline = RetryFor, BooksDeadline = BooksFor, StreamBatch = Settings.BatchSize });
}
