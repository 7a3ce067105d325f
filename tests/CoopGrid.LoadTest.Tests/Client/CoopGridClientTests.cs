using CoopGrid.Client;
using CoopGrid.LoadTest.Tests.Fakes;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Tests.Client;

public sealed class CoopGridClientTests
{
    [Fact]
    public async Task A_first_answer_says_send_and_a_repeat_says_already_admitted()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Enrolled(host);
        AdmissionAnswer first = await client.AdmitAsync(Ask("k"), Stop);
        AdmissionAnswer again = await client.AdmitAsync(Ask("k"), Stop);
        Assert.Equal((SendAdvice.Send, 1), (first.Advice, first.Attempts));
        Assert.Equal((SendAdvice.AlreadyAdmitted, true), (again.Advice, again.Reply.Replayed));
        Assert.Equal(3, host.Grid.State().UsageUnits);
    }

    [Fact]
    public async Task An_unavailable_grid_is_asked_again_with_the_same_key()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Enrolled(host);
        host.Grid.FailNext = 3;
        AdmissionAnswer answer = await client.AdmitAsync(Ask("k"), Stop);
        Assert.Equal((Outcome.Admitted, 4, SendAdvice.Send), (answer.Outcome, answer.Attempts, answer.Advice));
    }

    [Fact]
    public async Task A_lost_answer_is_charged_once_and_leaves_the_sending_to_the_relays_records()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Enrolled(host);
        host.Grid.LoseNext = 1;
        AdmissionAnswer answer = await client.AdmitAsync(Ask("k"), Stop);
        Assert.Equal((Outcome.Admitted, 2, SendAdvice.SendUnlessSent), (answer.Outcome, answer.Attempts, answer.Advice));
        Assert.Equal(3, host.Grid.State().UsageUnits);
    }

    [Fact]
    public async Task A_deadline_ends_the_asking_with_unavailable()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Enrolled(host, TimeSpan.FromSeconds(1));
        host.Grid.FailNext = int.MaxValue;
        AdmissionAnswer answer = await client.AdmitAsync(Ask("k"), Stop);
        Assert.Equal((Outcome.Unavailable, SendAdvice.No), (answer.Outcome, answer.Advice));
        Assert.True(answer.Attempts > 1);
    }

    [Fact]
    public async Task A_dead_address_is_left_for_the_next_one()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        host.Grid.Enroll(["alice"]);
        using var client = new CoopGridClient(new() { Addresses = [new("http://127.0.0.1:1"), host.Address], Deadline = TimeSpan.FromSeconds(20) });
        AdmissionAnswer answer = await client.AdmitAsync(Ask("k"), Stop);
        Assert.Equal(Outcome.Admitted, answer.Outcome);
        Assert.Equal(host.Address, client.CurrentAddress);
    }

    [Fact]
    public async Task Statuses_that_speak_of_the_request_are_outcomes()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Enrolled(host);
        await client.AdmitAsync(Ask("k"), Stop);
        CancelReply cancelled = await client.CancelAsync(new() { Coop = FakeGrid.Coop, Member = "alice", Key = "k" }, Stop);
        AdmissionAnswer answer = await client.AdmitAsync(Ask("k"), Stop);
        Assert.Equal(3, cancelled.ReturnedUnits);
        Assert.Equal((Outcome.KeyCancelled, 1), (answer.Outcome, answer.Attempts));
    }

    [Fact]
    public async Task A_quote_spends_nothing()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Enrolled(host);
        AdmissionAnswer quote = await client.QuoteAsync(Ask("k"), Stop);
        Assert.Equal((Outcome.Admitted, 0L), (quote.Outcome, host.Grid.State().UsageUnits));
    }

    [Fact]
    public async Task Of_a_batch_only_what_is_unknown_is_asked_again()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Enrolled(host);
        host.Grid.FailNext = 2;
        IReadOnlyList<AdmissionAnswer> answers = await client.AdmitBatchAsync([.. Enumerable.Range(0, 5).Select(i => Ask($"k{i}"))], Stop);
        Assert.All(answers, answer => Assert.Equal(Outcome.Admitted, answer.Outcome));
        Assert.Equal([2, 2, 1, 1, 1], answers.Select(answer => answer.Attempts));
        Assert.Equal(5, host.Grid.Decided);
    }

    [Fact]
    public async Task A_batch_that_is_too_large_is_not_sent()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Enrolled(host);
        await Assert.ThrowsAsync<ArgumentException>(() => client.AdmitBatchAsync(new AdmitRequest[4097], Stop));
    }

    /// <summary>Seen to fail with calls that take no turns (ten at once).</summary>
    [Fact]
    public async Task No_more_calls_are_under_way_than_may_be_and_those_that_wait_are_not_given_up()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        host.Grid.Enroll(["alice"]);
        using var client = new CoopGridClient(new() { Addresses = [host.Address], Deadline = TimeSpan.FromSeconds(60), AttemptTimeout = TimeSpan.FromSeconds(30), MaxInFlight = 3 });
        host.Grid.Stall = new();
        Task<AdmissionAnswer>[] asked = [.. Enumerable.Range(0, 10).Select(number => client.AdmitAsync(Ask($"k{number}"), Stop))];
        foreach (int arrived in new[] { 3, 6, 9, 10 })
        {
            await Until.TrueAsync(() => host.Grid.Stalled >= arrived, $"{arrived} calls");
            Assert.Equal(arrived, host.Grid.Stalled);
            TaskCompletionSource stall = host.Grid.Stall;
            host.Grid.Stall = new();
            stall.SetResult();
        }

        Assert.All(await Task.WhenAll(asked), answer => Assert.Equal((Outcome.Admitted, 1), (answer.Outcome, answer.Attempts)));
    }

    internal static CancellationToken Stop => TestContext.Current.CancellationToken;

    internal static AdmitRequest Ask(string key, string lane = "") =>
        new() { Coop = FakeGrid.Coop, Member = "alice", Units = 3, Key = key, Lane = lane };

    internal static CoopGridClient Enrolled(FakeHost host, TimeSpan? deadline = null)
    {
        host.Grid.Enroll(["alice"]);
        return host.Client(deadline);
    }
}
