using Xunit;

namespace CoopGrid.Grains.Tests.Simulation;

public sealed class SimulationTests
{
    [Fact]
    public void Probe()
    {
        var time = TimeProvider.System;
        int from = int.Parse(Environment.GetEnvironmentVariable("SIM_FROM") ?? "1");
        int count = int.Parse(Environment.GetEnvironmentVariable("SIM_COUNT") ?? "1");
        bool traced = Environment.GetEnvironmentVariable("SIM_TRACE") == "1";
        long begun = time.GetTimestamp();
        int bad = 0;
        for (int seed = from; seed < from + count; seed++)
        {
            SimResult result = SimHistory.Run(seed, SimPlan.Of(seed), traced);
            if (result.Violations.Count > 0) { bad++; if (bad < 20) Console.WriteLine(result); }
            if (traced || count == 1) foreach (string line in result.Trace) Console.WriteLine(line);
            if (count == 1) Console.WriteLine($"{result.Hash:x} steps {result.Steps} admissions {result.Admissions} silos {result.Silos}");
        }
        Console.WriteLine($"bad {bad} of {count} in {time.GetElapsedTime(begun).TotalSeconds:F1}s");
    }
}
