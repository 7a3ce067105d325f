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
        long steps = 0, micros = 0, admissions = 0;
        Dictionary<string, int> thrown = [];
        AppDomain.CurrentDomain.FirstChanceException += (_, e) => { string k = e.Exception.GetType().Name + (e.Exception.Message.Length > 60 ? e.Exception.Message[..60] : e.Exception.Message); thrown[k] = thrown.GetValueOrDefault(k) + 1; };
        for (int seed = from; seed < from + count; seed++)
        {
            SimResult result = SimHistory.Run(seed, SimPlan.Of(seed), traced);
            steps += result.Steps; micros += result.Micros; admissions += result.Admissions;
            if (result.Violations.Count > 0) { bad++; if (bad < 20) Console.WriteLine(result); }
            if (traced || count == 1) foreach (string line in result.Trace) Console.WriteLine(line);
            if (count == 1) Console.WriteLine($"{result.Hash:x} steps {result.Steps} admissions {result.Admissions} silos {result.Silos}");
        }
        foreach (var (k, n) in thrown.OrderByDescending(x => x.Value).Take(12)) Console.WriteLine($"{n} {k}");
        Console.WriteLine($"sim {micros / 1e6 / count:F1} s each, steps {steps} admissions {admissions} alloc {GC.GetTotalAllocatedBytes() >> 20} MB gen0 {GC.CollectionCount(0)} cpu {Environment.CpuUsage.TotalTime.TotalSeconds:F1}");
        Console.WriteLine($"bad {bad} of {count} in {time.GetElapsedTime(begun).TotalSeconds:F1}s");
    }
}
