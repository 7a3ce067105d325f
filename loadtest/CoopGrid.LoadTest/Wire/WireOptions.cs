using CoopGrid.Protocol.V1;
using HdrHistogram;

namespace CoopGrid.LoadTest.Wire;

/// <summary>A closed loop of unary calls: every stream asks again as soon as it is answered.</summary>
internal sealed record WireOptions
{
    public string Host { get; init; } = "127.0.0.1";

    public required int Port { get; init; }

    public string Path { get; init; } = "/coopgrid.v1.Admission/Admit";

    /// <summary>The request; 12 digits are appended to its key and 7 to its member.</summary>
    public required AdmitRequest Prototype { get; init; }

    /// <summary>Members 0 up to this, by turns.</summary>
    public int Members { get; init; } = 1;

    /// <summary>These members instead, by turns.</summary>
    public IReadOnlyList<int>? Chosen { get; init; }

    public int Connections { get; init; } = 4;

    public int Streams { get; init; } = 64;

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan Measured { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>For how long answers are awaited at the end.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(3);
}

/// <summary>What came back within the measured time.</summary>
/// <param name="Outcomes">Good answers by outcome.</param>
/// <param name="Failed">Calls with another status than OK, or reset.</param>
/// <param name="Unanswered">Still open when the drain ended.</param>
/// <param name="Calls">All that ended, those of warm-up and drain and the failed ones too.</param>
/// <param name="GeneratorCpu">Processor time of this process over all <paramref name="Calls"/>.</param>
internal sealed record WireResult(
    double Seconds, long[] Outcomes, long Failed, long Unanswered, long Calls, TimeSpan GeneratorCpu, LongHistogram Latency)
{
    /// <summary>A process's time during the run, in µs for each call.</summary>
    public double PerCall(TimeSpan cpu) => Math.Round(cpu.TotalMicroseconds / Math.Max(1, Calls), 2);

    public long Answered => Outcomes.Sum();

    public long Admitted => Outcomes[(int)Outcome.Admitted];

    public double Rate => Answered / Seconds;

    public double AdmittedRate => Admitted / Seconds;
}
