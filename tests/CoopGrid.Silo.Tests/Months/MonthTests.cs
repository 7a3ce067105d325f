using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Ledger.Postgres;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.Months;

/// <summary>
/// A month that passes in a minute on real silos, and is billed by itself: members join, give back and report, policies are voted and executed, silos are killed.
/// Then the exported ledger alone, in the hands of a biller that shares no code with the rules, must give every line of every bill.
/// </summary>
[Collection(ProcessCollection.Name)]
public sealed class MonthTests
{
    private static readonly TimeSpan StepBy = TimeSpan.FromHours(7);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Seen to fail with KeepDays 0 (the export is not complete), and with a cancel that leaves surged units in the member's sums.</summary>
    [Fact]
    [Trait("Category", "Long")]
    public async Task A_month_on_three_silos_of_which_some_are_killed_is_billed_to_the_micro_credit()
    {
        using PostgresStores stores = PostgresStores.Empty();
        await using var grid = new MonthGrid(stores.ConnectionString);
        await grid.StartAsync(3);
        int dead = 0;
        await LiveAsync(grid, steps: 100, async () =>
        {
            await grid.KillAsync();
            dead++;
            await Until.True(
                async () => int.Parse(await stores.Query("SELECT count(*) FROM coopgrid.membership WHERE status = 6"), null) >= dead,
                () => $"the dead silo's death; {grid.Log}");
            await grid.StartAsync(1);
        });
        Assert.Equal(4, dead);
        Assert.NotEqual("0", await stores.Query("SELECT sum(first_kept - 1) FROM coopgrid.producer"));
    }

    /// <summary>The same for two weeks on one silo, which is started again.</summary>
    [Fact]
    public async Task Two_weeks_on_one_silo_that_is_killed_are_billed_to_the_micro_credit()
    {
        await using var grid = new MonthGrid(null);
        await grid.StartAsync(1);
        await LiveAsync(grid, steps: 52, async () =>
        {
            await grid.KillAsync();
            await grid.StartAsync(1);
        });
    }

    /// <summary>Lives so many steps, with a crash every 20th, and checks all bills then.</summary>
    private static async Task LiveAsync(MonthGrid grid, int steps, Func<Task> crash)
    {
        var traffic = new MonthTraffic(grid, seed: 1);
        var meters = new MonthMeters(grid);
        await meters.RegisterAsync();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Task load = traffic.RunAsync(over.Token);
        MonthVotes[] votes =
        [
            new(grid, MonthCharter.People, 1, MonthCharter.PeoplePolicy(1_500_001, 1511, 900, "sameEpoch", 1430)),
            new(grid, MonthCharter.People, 2, MonthCharter.PeoplePolicy(1_500_001, 1511, 900, "sameEpoch", 1777)),
            new(grid, MonthCharter.People, 3, MonthCharter.PeoplePolicy(1_500_007, 1499, 1000, "previousEpoch", 1777)),
        ];
        for (int step = 0; step < steps; step++)
        {
            grid.Step(StepBy);
            await traffic.Admissions(25);
            await meters.ReportAsync();
            if (step % 6 == 2) await JoinAsync(grid, traffic, step);

            // A policy takes twelve steps: proposed and voted, queued after the vote, executed a day after that.
            if (step / 14 is var turn && turn < votes.Length)
            {
                if (step % 14 == 1) await votes[turn].ProposeAsync();
                if (step % 14 == 3) await votes[turn].QueueAsync();
                if (step % 14 == 9) await votes[turn].ExecuteAsync();
            }

            if (step % 20 == 16 && step + 20 <= steps) await crash();
        }

        await over.CancelAsync();
        await load;
        await BilledAsync(grid, meters, traffic);
    }

    private static async Task JoinAsync(MonthGrid grid, MonthTraffic traffic, int step)
    {
        string member = $"joined in step {step}";
        await grid.Answered(member, door => door.Members.EnrollAsync(new() { Coop = Charters.Coop, Member = member, Class = MonthCharter.People }).ResponseAsync);
        traffic.Join(member);
    }

    private static async Task BilledAsync(MonthGrid grid, MonthMeters meters, MonthTraffic traffic)
    {
        // On to the middle of a week, so that the last one is over for meters too.
        long week = MonthAudit.WeekOf(grid.Now.ToUnixTimeMilliseconds());
        while (grid.Now.ToUnixTimeMilliseconds() < week + TimeSpan.FromHours(60).TotalMilliseconds)
        {
            grid.Step(StepBy);
            await meters.ReportAsync();
        }

        long last = week - (long)TimeSpan.FromDays(7).TotalMilliseconds;
        var closed = new Dictionary<string, long>();
        foreach (string @class in MonthCharter.Classes) closed[@class] = await ClosedAsync(grid, @class, last);

        string file = grid.Folder.DataPath + "-ledger.jsonl";
        (int code, string said) = await grid.Folder.ExportAsync(file);
        Assert.True(code == 0, said);
        ExportedLedger ledger = ExportedLedger.Read(file, (week / MonthCharter.SliceMs) + 100);
        File.Delete(file);
        foreach (ToldSend send in traffic.Told)
        {
            string left = ledger.ByKey[(send.Member, send.Key)].Units;
            Assert.True(left.Length <= send.Units - send.Returned, $"{send} is in the ledger as {left}.");
        }

        Assert.InRange(ledger.ByKey.Count, traffic.Told.Count, traffic.Told.Count + traffic.Unknown);

        var audit = new MonthAudit(grid, ledger);
        foreach (string @class in MonthCharter.Classes) await audit.CheckClassAsync(@class, closed[@class]);
        await audit.CheckBooksAsync();

        // It was not about nothing.
        foreach (string kind in new[] { "enrolled", "admitted", "cancelled", "usageReported", "epochBegan" })
            Assert.True(ledger.Kinds.GetValueOrDefault(kind) > 5, $"Few entries are {kind}.");
        foreach (string kind in new[] { "Fixed", "Overage", "Surcharge" }) Assert.True(audit.Lines.GetValueOrDefault(kind) > 10, $"Few lines are {kind}.");
    }

    /// <summary>Waits until a class's epoch that began then is closed.</summary>
    /// <returns>Its number.</returns>
    private static async Task<long> ClosedAsync(MonthGrid grid, string @class, long startMs)
    {
        ClosingReply? newest = null;
        await Until.True(
            async () => (newest = await NewestAsync(grid, @class)) is { State: ClosingState.Closed } && newest.StartUnixMs == startMs,
            () => $"the end of {@class}' week from {startMs}; the newest is {newest}; {grid.Log}");
        return newest!.Epoch;
    }

    private static Task<ClosingReply?> NewestAsync(MonthGrid grid, string @class) => grid.Answered($"the closing of {@class}", async door =>
    {
        try
        {
            return await door.Billing.GetClosingAsync(new() { Coop = Charters.Coop, Class = @class });
        }
        catch (RpcException none) when (none.StatusCode == StatusCode.NotFound)
        {
            return (ClosingReply?)null;
        }
    });
}
