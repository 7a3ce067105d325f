using System.CommandLine;
using System.Globalization;
using CoopGrid.Client;
using CoopGrid.LoadTest.Bills;
using CoopGrid.LoadTest.Checking;
using CoopGrid.LoadTest.Runs;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.LoadTest.Sending;
using CoopGrid.LoadTest.Traces;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Commands;

/// <summary><c>replay</c>: a trace, sent as it happened or faster.</summary>
internal sealed class ReplayCommand
{
    private readonly RunOptions _run = new();
    private readonly Argument<FileInfo> _file = new("FILE") { Description = "The trace." };
    private readonly Option<string> _format = new("--format") { Description = "azure-llm, tweets, homes or plain (timestamp,member,units[,lane]).", Required = true };
    private readonly Option<int> _members = new("--members") { Description = "Synthetic members, for traces that name none.", DefaultValueFactory = _ => 1000 };
    private readonly Option<double> _skew = new("--skew") { Description = "Exponent of the Zipf law by which messages fall on members.", DefaultValueFactory = _ => 1.0 };
    private readonly Option<string> _speed = new("--speed") { Description = "How much faster than life: a factor (60 = an hour in a minute), or max = as fast as the grid answers.", DefaultValueFactory = _ => "1" };
    private readonly Option<long> _units = new("--units") { Description = "Units of a message; for azure-llm, tokens per unit (rounded up).", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _rows = new("--rows") { Description = "At most this many rows of the trace; 0 = all." };
    private readonly Option<int> _skipRows = new("--skip-rows") { Description = "So many rows at the trace's beginning are left out." };
    private readonly Option<int> _rowsPerSlice = new("--rows-per-slice") { Description = "homes: how many hours are added up into one slice.", DefaultValueFactory = _ => 1 };
    private readonly Option<string> _lane = new("--lane") { Description = "The lane; default: the first standard one.", DefaultValueFactory = _ => "" };
    private readonly Option<string> _prefix = new("--prefix") { Description = "Starts the members' names.", DefaultValueFactory = _ => "m-" };

    private readonly Option<int?> _patient = new("--patient-permille") { Description = "Of a thousand members, how many have messages that can wait. Default: all with --defer, else none." };
    private readonly Option<string> _patientLane = new("--patient-lane") { Description = "The lane of messages that can wait.", DefaultValueFactory = _ => "bulk" };
    private readonly Option<double?> _defer = new("--defer") { Description = "Messages that can wait take a ticket where there is no room, or only at a price above ×1, up to so many seconds ahead by the grid's clock whatever the speed, and are sent in the ticket's second." };

    private readonly Option<bool> _close = new("--close") { Description = "Wait until the epochs of the replay are closed, and tell how their bills are spread: of a class with fixed epochs. Written beside the result, as ….bills.json." };
    private readonly Option<double> _closeFor = new("--close-for") { Description = "For how many seconds the closing is waited for. An admitted class closes ten minutes after its epoch's end, a metered one after its grace.", DefaultValueFactory = _ => 1800 };

    public Command Build()
    {
        var command = new Command("replay", "A trace, sent as it happened or faster.")
        {
            _file, _format, _members, _skew, _speed, _units, _rows, _skipRows, _rowsPerSlice, _lane, _prefix, _patient, _patientLane,
            _defer, _close, _closeFor,
        };
        _format.AcceptOnlyFromAmong("azure-llm", "tweets", "homes", "plain");
        _run.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken stop) => Guard.RunAsync(async () =>
    {
        double speed = Speed(parsed.GetValue(_speed)!);
        RunContext run = _run.Read(parsed, speed == 0 ? Pace.AsAnswered : Pace.Schedule);
        FileInfo file = parsed.GetValue(_file)!;
        using StreamReader text = file.OpenText();
        using CoopGridClient client = run.OpenClient();
        PolicyFacts policy = await PolicyFacts.ReadAsync(client, run.Settings.Coop, run.Settings.Class, stop);
        DateTimeOffset began = run.Settings.Clock.GetUtcNow();
        int code = await PlayAsync(parsed, run, client, policy, text, file.Name, speed, stop);
        return parsed.GetValue(_close) ? Math.Max(code, await CloseAsync(parsed, run, client, began, stop)) : code;
    });

    private async Task<int> PlayAsync(
        ParseResult parsed, RunContext run, CoopGridClient client, PolicyFacts policy, StreamReader text, string name, double speed, CancellationToken stop)
    {
        string format = parsed.GetValue(_format)!;
        if (format == "homes")
        {
            HomesTrace homes = HomesTrace.Read(text, Math.Max(1, parsed.GetValue(_rowsPerSlice)), parsed.GetValue(_rows));
            return await new MeterReplay(run, client, policy).RunAsync(homes, parsed.GetValue(_prefix)!, stop);
        }

        var options = new TraceOptions(
            parsed.GetValue(_members), parsed.GetValue(_skew), speed, parsed.GetValue(_units), parsed.GetValue(_rows), run.Seed,
            parsed.GetValue(_prefix)!, parsed.GetValue(_lane)!, parsed.GetValue(_skipRows));
        Workload workload = format switch
        {
            "azure-llm" => MessageTraces.AzureLlm(text, options),
            "tweets" => MessageTraces.Tweets(text, options),
            _ => MessageTraces.Plain(text, options),
        };
        (int permille, TimeSpan? defer) = Patience(parsed, policy);
        if (permille > 0) workload = Patient.Mark(workload, permille, parsed.GetValue(_patientLane)!);
        return await new Play(run with { Settings = run.Settings with { Defer = defer } }, client, $"replay {name}").RunAsync(workload, policy, stop);
    }

    private (int Permille, TimeSpan? Defer) Patience(ParseResult parsed, PolicyFacts policy)
    {
        double? seconds = parsed.GetValue(_defer);
        int permille = parsed.GetValue(_patient) ?? (seconds is null ? 0 : 1000);
        if (permille is < 0 or > 1000) throw new ArgumentException($"--patient-permille {permille}: must be 0 to 1000.");
        if (seconds is null) return (permille, null);
        if (seconds is not (> 0 and <= 86_400)) throw new ArgumentException($"--defer {seconds}: must be above 0 and at most 86400 seconds.");
        if (policy.TicketHorizonMs == 0) throw new ArgumentException("--defer: the class gives no tickets for later.");
        return (permille, TimeSpan.FromSeconds(seconds.Value));
    }

    private async Task<int> CloseAsync(ParseResult parsed, RunContext run, CoopGridClient client, DateTimeOffset began, CancellationToken stop)
    {
        RunSettings settings = run.Settings;
        var epochs = new ClosedEpochs(client, settings.Coop, settings.Class, settings.Clock);
        var patience = TimeSpan.FromSeconds(parsed.GetValue(_closeFor));
        ClosingReply last = await epochs.WhenClosedAsync(settings.Clock.GetUtcNow().ToUnixTimeMilliseconds(), patience, Console.Out.WriteLine, stop);
        var result = new BillsResult
        {
            Command = run.CommandLine,
            StartedAt = began.ToString("O"),
            Coop = settings.Coop,
            Class = settings.Class,
            Epochs = await epochs.ReadAsync(last, began.ToUnixTimeMilliseconds(), stop),
        };
        return BillsReport.End(result, Path.ChangeExtension(run.Out, ".bills.json"));
    }

    private static double Speed(string text) => text == "max" ? 0
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double factor) && factor > 0 ? factor
        : throw new ArgumentException($"--speed {text}: must be a factor above 0, or max.");
}
