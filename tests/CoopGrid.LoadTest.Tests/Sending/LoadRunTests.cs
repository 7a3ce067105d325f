using CoopGrid.Client;
using CoopGrid.LoadTest.Results;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.LoadTest.Sending;
using CoopGrid.LoadTest.Tests.Fakes;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Tests.Sending;

public sealed class LoadRunTests
{
    /// <summary>Fails if the pacer waits for answers: then only a few requests would see the stall.</summary>
    [Fact]
    public async Task A_stalled_grid_is_seen_by_all_that_should_have_been_sent_meanwhile()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Enrolled(host);
        host.Grid.Stall = new();
        using var run = new LoadRun(client, Evenly(300, 2_000), Settings());
        Task running = run.RunAsync(Stop);
        await Until.TrueAsync(() => run.Sent == 300, "all requests sent although none was answered");
        Assert.Equal(0, run.Tally.Answered);
        host.Grid.Stall.SetResult();
        await running;
        LatencyMs latency = run.Tally.Latency.Read();
        // The first was due 600 ms before the last; all waited for the end of the stall.
        Assert.True(latency.P99 >= 550, $"p99 was {latency.P99} ms");
        Assert.True(latency.P50 >= 250, $"p50 was {latency.P50} ms");
        Assert.Equal(300, latency.Count);
    }

    /// <summary>Fails if latency counts from the actual sending.</summary>
    [Fact]
    public async Task A_late_generator_does_not_make_the_grid_look_fast()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Enrolled(host);
        Workload due = Evenly(50, 0);
        Workload overdue = due with { Sends = [.. due.Sends.Select(send => send with { AtMicros = -3_000_000 })] };
        using var run = new LoadRun(client, overdue, Settings());
        await run.RunAsync(Stop);
        Assert.True(run.Tally.Latency.Read().P50 >= 2_990);
        Assert.True(run.Tally.Lateness.Read().P50 >= 2_990);
    }

    [Fact]
    public async Task Beyond_the_bound_requests_are_shed_and_counted()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Enrolled(host);
        host.Grid.Stall = new();
        using var run = new LoadRun(client, Evenly(300, 500), Settings() with { MaxInFlight = 50 });
        Task running = run.RunAsync(Stop);
        await Until.TrueAsync(() => run.Tally.Shed == 250, "250 requests shed");
        host.Grid.Stall.SetResult();
        await running;
        Assert.Equal((50L, 50), (run.Tally.Answered, host.Grid.Decided));
    }

    [Theory]
    [InlineData("Unary", "Schedule")]
    [InlineData("Batch", "Schedule")]
    [InlineData("Stream", "Schedule")]
    [InlineData("Unary", "AsAnswered")]
    [InlineData("Batch", "AsAnswered")]
    [InlineData("Stream", "AsAnswered")]
    public async Task What_callers_are_told_is_what_is_charged(string mode, string pace)
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Enrolled(host);
        host.Grid.FailNext = 7;
        host.Grid.LoseNext = 7;
        RunSettings settings = Settings() with { Mode = Enum.Parse<SendMode>(mode), Pace = Enum.Parse<Pace>(pace), CancelPermille = 200 };
        using var run = new LoadRun(client, Evenly(500, 100), settings);
        await run.RunAsync(Stop);
        Assert.Equal(0, await new Resolver(client).SettleAsync(run));
        Assert.Equal(500, run.Tally.Count(Outcome.Admitted));
        Assert.True(run.Tally.CancelledUnits > 0);
        Assert.True(run.Tally.Replayed > 0);
        Assert.Equal(host.Grid.State().UsageUnits, run.Tally.Told(0) + run.Tally.Told(1));
    }

    [Fact]
    public async Task Unknown_answers_are_settled_by_asking_again()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        host.Grid.Enroll(["alice", "bob"]);
        using CoopGridClient impatient = host.Client(TimeSpan.FromMilliseconds(1)), patient = host.Client();
        host.Grid.LoseNext = 20;
        using var run = new LoadRun(impatient, Evenly(20, 100), Settings());
        await run.RunAsync(Stop);
        Assert.False(run.Open.Admissions.IsEmpty);
        host.Grid.LoseNext = 0;
        Assert.Equal(0, await new Resolver(patient).SettleAsync(run));
        Assert.Equal((0L, 20L), (run.Tally.Count(Outcome.Unavailable), run.Tally.Count(Outcome.Admitted)));
        Assert.Equal(host.Grid.State().UsageUnits, run.Tally.Told(0) + run.Tally.Told(1));
    }

    /// <summary>Fails if one is asked after another: then only the first comes to the stalled grid.</summary>
    [Fact]
    public async Task Open_questions_are_asked_side_by_side()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Enrolled(host);
        using var run = new LoadRun(client, Evenly(50, 0), Settings());
        for (int place = 0; place < 50; place++) run.Open.Admissions.Enqueue(place);
        host.Grid.Stall = new();
        Task<int> settling = new Resolver(client).SettleAsync(run);
        await Until.TrueAsync(() => host.Grid.Stalled == 50, "all open questions asked although none was answered");
        host.Grid.Stall.SetResult();
        Assert.Equal(0, await settling);
        Assert.Equal((50L, 50), (run.Tally.Count(Outcome.Admitted), host.Grid.Decided));
    }

    [Fact]
    public async Task A_history_holds_every_question_with_its_answer()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Enrolled(host);
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "history.jsonl");
        await using (var history = new HistoryWriter(path))
        {
            using var run = new LoadRun(client, Evenly(50, 100), Settings(), history);
            await run.RunAsync(Stop);
        }

        string[] lines = await File.ReadAllLinesAsync(path, Stop);
        Assert.Equal(50, lines.Length);
        Assert.Equal(50, lines.Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("key").GetString()).Distinct().Count());
        Assert.All(lines, line => Assert.Contains("\"outcome\":\"Admitted\"", line, StringComparison.Ordinal));
    }

    internal static CancellationToken Stop => TestContext.Current.CancellationToken;

    internal static RunSettings Settings() => new() { Coop = FakeGrid.Coop, Class = FakeGrid.Class, RunId = Guid.NewGuid().ToString("N") };

    internal static Workload Evenly(int count, long gapMicros) => new(
        ["alice", "bob"], ["all"], [""], [.. Enumerable.Range(0, count).Select(i => new PlannedSend(i * gapMicros, i % 2, 0, 0, 1 + (i % 3)))]);

    private static CoopGridClient Enrolled(FakeHost host)
    {
        host.Grid.Enroll(["alice", "bob"]);
        return host.Client();
    }
}
