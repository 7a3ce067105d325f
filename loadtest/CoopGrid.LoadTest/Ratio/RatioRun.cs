using CoopGrid.LoadTest.Sending;
using CoopGrid.LoadTest.Wire;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Ratio;

/// <summary>One side of a ratio.</summary>
/// <param name="ProcessorTime">What its process has used so far; null if that is not a child of ours.</param>
internal sealed record RatioServer(int Port, Func<TimeSpan>? ProcessorTime = null);

/// <summary>
/// Durable unary admission against a bare gRPC echo, in alternating pairs with the same generator and the same bytes, so that what the machine does
/// meanwhile falls on both.
/// </summary>
internal sealed class RatioRun(WireOptions options, RatioServer echo, RatioServer grid, TimeProvider clock)
{
    private readonly string _run = Guid.NewGuid().ToString("N")[..12];
    private int _measured;

    public IReadOnlyList<RatioPair> Run(int pairs, Action<int, RatioPair> told)
    {
        // Once each without counting: both sides compile and optimise their code first.
        Measure(echo);
        Measure(grid);
        var results = new List<RatioPair>();
        for (int pair = 0; pair < pairs; pair++)
        {
            RatioSide? gridFirst = pair % 2 == 1 ? Measure(grid) : null;
            results.Add(new RatioPair(Measure(echo), gridFirst ?? Measure(grid)));
            told(pair, results[^1]);
        }

        return results;
    }

    private RatioSide Measure(RatioServer server)
    {
        AdmitRequest prototype = options.Prototype.Clone();
        prototype.Key = $"{_run}-{_measured++}-";
        TimeSpan? before = server.ProcessorTime?.Invoke();
        WireResult result = WireLoad.Run(options with { Port = server.Port, Prototype = prototype }, clock);
        return Side(result, server.ProcessorTime?.Invoke() - before);
    }

    /// <param name="serverCpu">Processor time of the server's process during the whole run; null = not known.</param>
    public static RatioSide Side(WireResult result, TimeSpan? serverCpu = null)
    {
        var latency = new LatencyLog();
        latency.Add(result.Latency);
        return new RatioSide(
            Math.Round(result.AdmittedRate, 1), result.Answered, result.Admitted, result.Failed, result.Unanswered, latency.Read(),
            result.PerCall(result.GeneratorCpu), serverCpu is { } cpu ? result.PerCall(cpu) : null);
    }
}
