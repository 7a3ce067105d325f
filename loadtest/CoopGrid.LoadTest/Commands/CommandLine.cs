using System.CommandLine;

namespace CoopGrid.LoadTest.Commands;

/// <summary>The whole of the load test.</summary>
internal static class CommandLine
{
    /// <returns>0 done and clean, 1 the books differ, 2 bad usage or no grid.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Load for a grid, from outside its process. Exit codes: 0 done and clean, 1 the books differ, 2 bad usage or no grid.")
        {
            new DayCommand().Build(),
            new BurstCommand().Build(),
            new ReplayCommand().Build(),
            new CheckCommand().Build(),
            new BillsCommand().Build(),
            new RatioCommand().Build(),
            new MemoryCommand().Build(),
            EchoCommand.Build(),
            new WireCommand().Build(),
            new ClusterCommand().Build(),
            new FailoverCommand().Build(),
            new OutageCommand().Build(),
            new RecoveryCommand().Build(),
            new ClosingCommand().Build(),
            new ChaosCommand().Build(),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count == 0) return await parsed.InvokeAsync();
        foreach (string error in parsed.Errors.Select(e => e.Message).Distinct()) await Console.Error.WriteLineAsync(error);
        return 2;
    }
}
