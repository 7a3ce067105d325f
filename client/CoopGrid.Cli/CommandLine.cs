using System.CommandLine;

namespace CoopGrid.Cli;

/// <summary>The whole of <c>coopgrid</c>.</summary>
internal static class CommandLine
{
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var door = new Door();
        var root = new RootCommand("Ask a grid from the command line. Exit codes: 0 admitted or done, 1 refused, 2 bad usage or no grid.")
        {
            door.Address,
            door.Json,
            new BillCommands(door).All,
            new ClassCommands(door).All,
            new CreditCommand(door).All,
            new EmergencyCommands(door).All,
            new MarketCommands(door).All,
            new MemberCommands(door).All,
            new ProposalCommands(door).All,
            new ReportCommand(door).All,
        };
        foreach (Command command in new AdmissionCommands(door).All) root.Add(command);
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count == 0) return await parsed.InvokeAsync();
        foreach (string error in parsed.Errors.Select(e => e.Message).Distinct()) door.Error(error);
        door.Error("See coopgrid --help.");
        return ExitCode.Failed;
    }
}
