using CoopGrid.LoadTest.Chaos;
using CoopGrid.LoadTest.Chaos.Callers;
using CoopGrid.LoadTest.Chaos.Judging;
using CoopGrid.LoadTest.Tests.Fakes;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Tests.Chaos;

/// <summary>Callers, review and judge over a grid in this process that fails on demand and keeps exact books, or does not.</summary>
public sealed class RelaysTests : IDisposable
{
    private const int Seconds = 3;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("coopgrid-relays-");

    [Fact]
    public async Task Failures_and_lost_answers_leave_a_clean_history()
    {
        await using FakeHost host = await HostAsync();
        (IReadOnlyList<Violation> found, IReadOnlyList<CallRecord> calls) = await PlayAsync(host, () => (host.Grid.FailNext, host.Grid.LoseNext) = (40, 30));
        Assert.Empty(found.Select(violation => violation.What));
        Assert.True(calls.Count(call => call.IsUnknown) >= 60, "The failures were met.");
        Assert.Contains(calls, call => call is { Kind: CallKind.Cancel, Told: Outcome.Admitted });
        Assert.Contains(calls, call => call is { Phase: CallPhase.Load, IsAdmitted: true, Replayed: true });
        Assert.Contains(calls, call => call is { Phase: CallPhase.Review, IsAdmitted: true, Replayed: true });
        Assert.Equal(calls.Select(HistoryLog.Line), HistoryLog.Read(HistoryPath).Select(HistoryLog.Line));
    }

    [Fact]
    public async Task A_charge_on_top_is_found()
    {
        await using FakeHost host = await HostAsync();
        (IReadOnlyList<Violation> found, _) = await PlayAsync(host, () => host.Grid.Overcharge = 3);
        Assert.Contains(found, violation => violation.Kind == ViolationKind.Doubled && violation.What.EndsWith("+3.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_same_seed_asks_the_same()
    {
        await using FakeHost one = await HostAsync(), other = await HostAsync();
        // Cancels follow answers, so they may differ in their keys.
        string[] first = Asked((await PlayAsync(one, () => { })).Calls), second = Asked((await PlayAsync(other, () => { })).Calls);
        Assert.Equal(first, second);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string HistoryPath => Path.Combine(_folder.FullName, "history.jsonl");

    private static string[] Asked(IReadOnlyList<CallRecord> calls) =>
        [.. calls.Where(call => call.Kind != CallKind.Cancel).Select(call => $"{call.Member} {call.Key} {call.Units}").Distinct().Order(StringComparer.Ordinal)];

    private static async Task<FakeHost> HostAsync()
    {
        FakeHost host = await FakeHost.StartAsync();
        host.Grid.Enroll([.. ChaosCharter.PeopleNames, .. ChaosCharter.FirmNames]);
        return host;
    }

    private async Task<(IReadOnlyList<Violation> Found, IReadOnlyList<CallRecord> Calls)> PlayAsync(FakeHost host, Action meanwhile)
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        await using var history = new HistoryLog(HistoryPath);
        using var doors = new Doors([host.Address, host.Address], history, TimeProvider.System);
        Task load = new Relays(doors, 100, 7, TimeProvider.System).RunAsync(TimeSpan.FromSeconds(Seconds), stop);
        await Until.TrueAsync(() => history.Counts.Answered > 50, "the first answers");
        meanwhile();
        await load;
        await new Review(doors, history, TimeProvider.System).AskAgainAsync(stop);
        return (ChaosJudge.Judge([.. history.Calls], [Book(host.Grid, ChaosCharter.People, "person"), Book(host.Grid, ChaosCharter.Firms, "firm")]), history.Calls);
    }

    /// <summary>The grid in this process has one class and no capacity: its members are told apart by their names.</summary>
    private static ClassBook Book(FakeGrid grid, string name, string prefix)
    {
        MemberBook[] members = [.. grid.List("", 1000).Where(member => member.Member_.StartsWith(prefix, StringComparison.Ordinal))
            .Select(member => new MemberBook(member.Member_, member.TotalUnits, member.TotalUnits))];
        return new ClassBook(name, 1_000_000, 1_000_000, members.Sum(member => member.WindowUnits), members.Length, true, 1, members);
    }
}
