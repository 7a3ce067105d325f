using System.CommandLine;
using CoopGrid.Client;
using CoopGrid.LoadTest.Checking;
using CoopGrid.LoadTest.Results;
using CoopGrid.LoadTest.Runs;
using CoopGrid.LoadTest.Sending;

namespace CoopGrid.LoadTest.Commands;

/// <summary><c>check</c>: what callers were told against what the grid has written down, after any run. Exit code 0 if clean, 1 if not.</summary>
internal sealed class CheckCommand
{
    private readonly Argument<FileInfo> _file = new("RECORDING") { Description = "The run's .recording.json, or its result file." };
    private readonly Option<string> _address = new RunOptions().Address;

    public Command Build()
    {
        var command = new Command("check", "Holds a run's recording against class and member state, to the unit.") { _file, _address };
        command.SetAction(RunAsync);
        return command;
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken stop) => Guard.RunAsync(async () =>
    {
        string path = parsed.GetValue(_file)!.FullName;
        if (!path.EndsWith(".recording.json", StringComparison.Ordinal)) path = Path.ChangeExtension(path, ".recording.json");
        Recording recording = JsonFile.Read<Recording>(path);
        using var client = new CoopGridClient(CoopGridOptions.For(parsed.GetValue(_address)!));
        if (recording.Open.Count > 0)
        {
            recording = await new Resolver(client).SettleAsync(recording);
            JsonFile.Write(path, recording, indented: false);
        }

        PolicyFacts policy = await PolicyFacts.ReadAsync(client, recording.Coop, recording.Class, stop);
        CheckReport report = await Play.CheckAsync(client, recording, policy.Slices, TimeProvider.System);
        Summary.Print(report);
        return report.Clean ? 0 : 1;
    });
}
