using System.CommandLine;
using CoopGrid.Client;
using CoopGrid.LoadTest.Runs;
using CoopGrid.LoadTest.Sending;

namespace CoopGrid.LoadTest.Commands;

/// <summary>The options that all runs share.</summary>
internal sealed class RunOptions
{
    public Option<string> Address { get; } = new("--address", "-a")
    {
        Description = "Where the grid listens; several silos separated by commas.",
        DefaultValueFactory = _ => CoopGridOptions.DefaultAddress.ToString(),
    };

    public Option<string> Coop { get; } = new("--coop") { Description = "The co-op.", DefaultValueFactory = _ => "messaging" };

    public Option<string> Class { get; } = new("--class") { Description = "The customer class.", DefaultValueFactory = _ => "people" };

    public Option<SendMode> Mode { get; } = new("--mode") { Description = "unary, batch or stream.", DefaultValueFactory = _ => SendMode.Unary };

    public Option<int?> MaxInFlight { get; } = new("--max-in-flight") { Description = "Requests without an answer at most; what comes due beyond it is shed by the generator and counted. Default: 4096, or 512 at --speed max." };

    public Option<int> Batch { get; } = new("--batch") { Description = "Requests in one batch or stream message at most.", DefaultValueFactory = _ => 256 };

    public Option<double> RetryFor { get; } = new("--retry-for") { Description = "For how many seconds an admission or a cancel without a known answer is asked again; accounts, classes and meters: a minute.", DefaultValueFactory = _ => 5 };

    public Option<int> Cancel { get; } = new("--cancel-permille") { Description = "Of a thousand admissions, how many are cancelled again." };

    public Option<ulong> Seed { get; } = new("--seed") { Description = "The source of all chance.", DefaultValueFactory = _ => 1UL };

    public Option<string> Out { get; } = new("--out") { Description = "The result file; default: loadtest-results/<command>-<run>.json." };

    public Option<string> History { get; } = new("--history") { Description = "Write every question and answer to this file, a JSON object per line." };

    public Option<bool> Plain { get; } = new("--plain") { Description = "Plain lines even in a terminal." };

    public Option<bool> NoCheck { get; } = new("--no-check") { Description = "Do not hold the answers against the books afterwards." };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { Address, Coop, Class, Mode, MaxInFlight, Batch, RetryFor, Cancel, Seed, Out, History, Plain, NoCheck })
            command.Add(option);
    }

    /// <param name="pace">What sets the pace.</param>
    public RunContext Read(ParseResult parsed, Pace pace = Pace.Schedule)
    {
        string run = $"{parsed.CommandResult.Command.Name}-{Guid.NewGuid():N}"[..(parsed.CommandResult.Command.Name.Length + 13)];
        return new RunContext
        {
            Address = parsed.GetValue(Address)!,
            Settings = new RunSettings
            {
                Coop = parsed.GetValue(Coop)!,
                Class = parsed.GetValue(Class)!,
                RunId = run,
                Mode = parsed.GetValue(Mode),
                MaxInFlight = parsed.GetValue(MaxInFlight) ?? (pace == Pace.AsAnswered ? 512 : 4096),
                Pace = pace,
                BatchSize = parsed.GetValue(Batch),
                CancelPermille = parsed.GetValue(Cancel),
            },
            RetryFor = TimeSpan.FromSeconds(parsed.GetValue(RetryFor)),
            Seed = parsed.GetValue(Seed),
            Out = parsed.GetValue(Out) ?? Path.Combine("loadtest-results", $"{run}.json"),
            History = parsed.GetValue(History),
            Plain = parsed.GetValue(Plain),
            Check = !parsed.GetValue(NoCheck),
            CommandLine = string.Join(' ', parsed.Tokens.Select(token => token.Value)),
        };
    }
}
