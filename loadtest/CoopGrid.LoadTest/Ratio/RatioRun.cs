using CoopGrid.LoadTest.Sending;
using CoopGrid.LoadTest.Wire;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Ratio;

/// <summary>
/// Durable unary admission against a bare gRPC echo, in alternating pairs with the same generator and the same bytes, so that what the machine does
/// meanwhile falls on both.
/// </summary>
internal sealed class RatioRun(WireOptions options, int echoPort, int gridPort, TimeProvider clock)
{
    private readonly string _run = Guid.NewGuid().ToString("N")[..12];
    private int _measured;

    public IReadOnlyList<RatioPair> Run(int pairs, Action<int, RatioPair> told)
    {
        // Once each without counting: both sides compile and optimise their code first.
        Measure(echoPort);
        Measure(gridPort);
        var results = new List<RatioPair>();
        for (int pair = 0; pair < pairs; pair++)
        {
            RatioSide? grid = pair % 2 == 1 ? Measure(gridPort) : null;
            RatioSide echo = Measure(echoPort);
            grid ??= Measure(gridPort);
            results.Add(new RatioPair(echo, grid));
            told(pair, results[^1]);
        }

        return results;
    }

    private RatioSide Measure(int port)
    {
        AdmitRequest prototype = options.Prototype.Clone();
        prototype.Key = $"{_run}-{_measured++}-";
        return Side(WireLoad.Run(options with { Port = port, Prototype = prototype }, clock));
    }

    public static RatioSide Side(WireResult result)
    {
        var latency = new LatencyLog();
        latency.Add(result.Latency);
        return new RatioSide(
            Math.Round(result.AdmittedRate, 1), result.Answered, result.Admitted, result.Failed, result.Unanswered, latency.Read(), result.CpuMicrosPerCall);
    }
}
