using System.CommandLine;
using CoopGrid.Client;
using CoopGrid.LoadTest.Memory;
using CoopGrid.LoadTest.Ratio;
using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Commands;

/// <summary><c>memory</c>: what a silo's memory holds of idle and of active members.</summary>
internal sealed class MemoryCommand
{
    private readonly Option<string> _silo = new("--silo") { Description = "The silo's dll: it is started with a new data folder, and ended afterwards.", Required = true };
    private readonly Option<string> _charter = new("--charter") { Description = "The founding charter; its class should have room for all that is sent.", Required = true };
    private readonly Option<string> _coop = new("--coop") { Description = "The co-op.", DefaultValueFactory = _ => "messaging" };
    private readonly Option<string> _class = new("--class") { Description = "The customer class.", DefaultValueFactory = _ => "people" };
    private readonly Option<int> _members = new("--members") { Description = "Members to enrol.", DefaultValueFactory = _ => 1_000_000 };
    private readonly Option<int> _active = new("--active") { Description = "How many of them send.", DefaultValueFactory = _ => 100_000 };
    private readonly Option<int> _messages = new("--messages") { Description = "Messages of each, all within the dedupe window.", DefaultValueFactory = _ => 10 };
    private readonly Option<int> _age = new("--collection-age") { Description = "Seconds after which the silo lets a member without requests go; well above the time that one round of sending takes.", DefaultValueFactory = _ => 120 };
    private readonly Option<double> _patience = new("--idle-patience") { Description = "Seconds to wait for idle members to leave memory.", DefaultValueFactory = _ => 900 };
    private readonly Option<string> _out = new("--out") { Description = "The result file; default: loadtest-results/memory-<time>.json." };

    public Command Build()
    {
        var command = new Command("memory", "Bytes of memory per idle and per active member, read from outside the silo.")
        {
            _silo, _charter, _coop, _class, _members, _active, _messages, _age, _patience, _out,
        };
        command.SetAction((parsed, stop) => Guard.RunAsync(() => RunAsync(parsed, stop)));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        DateTimeOffset startedAt = TimeProvider.System.GetUtcNow();
        string folder = Directory.CreateTempSubdirectory("coopgrid-memory-").FullName;
        try
        {
            await using Child silo = SiloChild.Start(parsed.GetValue(_silo)!, parsed.GetValue(_charter), folder, Settings(parsed), out int port);
            using var client = new CoopGridClient(new CoopGridOptions
            {
                Addresses = [new Uri($"http://127.0.0.1:{port}")],
                Deadline = TimeSpan.FromSeconds(120),
                AttemptTimeout = TimeSpan.FromSeconds(30),
            });
            var plan = new MemoryPlan(
                parsed.GetValue(_coop)!, parsed.GetValue(_class)!, parsed.GetValue(_members), parsed.GetValue(_active), parsed.GetValue(_messages),
                TimeSpan.FromSeconds(parsed.GetValue(_patience)));
            await client.Classes.GetStateAsync(plan.Coop, plan.Class, stop);
            MemoryResult result = await MeasureAsync(new MemoryRun(client, plan, silo.Id, TimeProvider.System), plan, folder, parsed, startedAt, stop);
            string path = parsed.GetValue(_out) ?? Path.Combine("loadtest-results", $"memory-{startedAt:yyyyMMdd-HHmmss}.json");
            JsonFile.Write(path, result);
            Console.Out.WriteLine($"result: {path}");
            // All send once in each round, so nobody was without a request for longer than one.
            if (result.WithActive.Seconds / plan.Messages < parsed.GetValue(_age) / 2.0) return 0;
            Console.Error.WriteLine("Not sound: a round of sending took so long that active members may have left memory; raise --collection-age.");
            return 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<MemoryResult> MeasureAsync(
        MemoryRun run, MemoryPlan plan, string folder, ParseResult parsed, DateTimeOffset startedAt, CancellationToken stop)
    {
        MemoryState empty = Tell("empty", await run.EmptyAsync(stop));
        MemoryState enrolled = Tell($"{plan.Members} enrolled", await run.EnrolAsync(stop));
        MemoryState idle = Tell("all idle", await run.IdleAsync(empty, enrolled, stop));
        MemoryState active = Tell($"{plan.Active} active", await run.SendAsync(stop));
        long disk = new DirectoryInfo(SiloChild.DataPath(folder)).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        var result = new MemoryResult
        {
            Command = string.Join(' ', parsed.Tokens.Select(token => token.Value)),
            StartedAt = startedAt.ToString("O"),
            Members = plan.Members,
            Active = plan.Active,
            Messages = plan.Messages,
            Empty = empty,
            Enrolled = enrolled,
            Idle = idle,
            WithActive = active,
            DiskBytesPerMember = Math.Round((double)disk / plan.Members, 1),
        };
        Tell("idle", result.IdleMember);
        Tell("active", result.ActiveMember);
        Console.Out.WriteLine($"enrolled {result.EnrolmentsPerSecond:F0}/s, admitted {result.AdmissionsPerSecond:F0}/s, {result.DiskBytesPerMember:F0} bytes of disk per member");
        return result;
    }

    /// <summary>The workstation's collector, not in the background: what is read is what members need, not what a collector likes to keep.</summary>
    private Dictionary<string, string> Settings(ParseResult parsed) => new()
    {
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_gcConcurrent"] = "0",
        ["DOTNET_GCConserveMemory"] = "9",
        ["CoopGrid__Silo__CollectionAgeSeconds"] = $"{parsed.GetValue(_age)}",
    };

    private static MemoryState Tell(string what, MemoryState state)
    {
        Console.Out.WriteLine($"{what}: {state.Seconds:F1} s ({state.ProcessorSeconds:F0} s of processor so far), heap {state.HeapBytes / 1e6:F1} MB, resident {state.ResidentBytes / 1e6:F1} MB");
        return state;
    }

    private static void Tell(string what, PerMember bytes) =>
        Console.Out.WriteLine($"per {what} member: {bytes.HeapBytes:F0} bytes of heap, {bytes.ResidentBytes:F0} resident");
}
