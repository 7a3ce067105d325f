using CoopGrid.Client;
using CoopGrid.LoadTest.Tests.Fakes;
using CoopGrid.Protocol.V1;
using Microsoft.Extensions.Time.Testing;

namespace CoopGrid.LoadTest.Tests.Client;

/// <summary>A deferred request's ticket is kept until its second, and redeemed there.</summary>
public sealed class RedeemTests
{
    [Fact]
    public async Task A_ticket_is_redeemed_in_its_second_under_a_key_of_its_own()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        var clock = new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()));
        (host.Grid.Tickets.Ahead, host.Grid.Tickets.Clock) = (TimeSpan.FromHours(1), clock);
        using CoopGridClient client = Enrolled(host, clock);
        AdmitRequest request = Ask(clock);
        AdmissionAnswer deferred = await client.AdmitAsync(request, Stop);
        Assert.Equal((Outcome.Deferred, SendAdvice.Later, false), (deferred.Outcome, deferred.Advice, deferred.IsAdmitted));
        AdmissionAnswer again = await client.AdmitAsync(request, Stop);
        Assert.Equal((deferred.Reply.Ticket, true), (again.Reply.Ticket, again.Reply.Replayed));

        Task<AdmissionAnswer> redeeming = client.RedeemAsync(request, deferred, Stop);
        clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(1));
        Assert.Equal("k", host.Grid.LastAsked!.Key);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        AdmissionAnswer redeemed = await redeeming.WaitAsync(TimeSpan.FromSeconds(20), Stop);
        Assert.Equal((Outcome.Admitted, SendAdvice.Send, 3L), (redeemed.Outcome, redeemed.Advice, redeemed.Reply.Covered.Reserved));
        Assert.Equal(0, host.Grid.Tickets.Early);

        // What was asked: the send, by its ticket, with no deadline of its own; and it was charged once.
        AdmitRequest expected = new(request) { Key = "k/ticket", Ticket = deferred.Reply.Ticket, DeferUntilUnixMs = 0 };
        Assert.Equal(expected, host.Grid.LastAsked);
        Assert.Equal(3, host.Grid.State().UsageUnits);
        Assert.True((await client.RedeemAsync(request, deferred, Stop)).Reply.Replayed);
    }

    /// <summary>Seen to fail (DEFERRED was the answer) with RedeemAsync asking once.</summary>
    [Fact]
    public async Task Who_is_early_by_the_grid_s_clock_comes_again()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        host.Grid.Tickets.Behind = TimeSpan.FromMilliseconds(300);
        using CoopGridClient client = Enrolled(host, TimeProvider.System);
        AdmitRequest request = Ask(TimeProvider.System);
        AdmissionAnswer redeemed = await client.RedeemAsync(request, await client.AdmitAsync(request, Stop), Stop);
        Assert.Equal(Outcome.Admitted, redeemed.Outcome);
        Assert.InRange(host.Grid.Tickets.Early, 1, 20);
    }

    [Fact]
    public async Task A_redemption_whose_answer_is_lost_is_asked_again_and_used_once()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = Enrolled(host, TimeProvider.System);
        AdmitRequest request = Ask(TimeProvider.System);
        AdmissionAnswer deferred = await client.AdmitAsync(request, Stop);
        host.Grid.LoseNext = 1;
        AdmissionAnswer redeemed = await client.RedeemAsync(request, deferred, Stop);
        Assert.Equal((Outcome.Admitted, 2, SendAdvice.SendUnlessSent), (redeemed.Outcome, redeemed.Attempts, redeemed.Advice));
    }

    [Fact]
    public async Task A_caller_that_stops_keeps_its_ticket_and_who_has_none_is_told()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        host.Grid.Tickets.Ahead = TimeSpan.FromHours(1);
        using CoopGridClient client = Enrolled(host, TimeProvider.System);
        AdmitRequest request = Ask(TimeProvider.System);
        AdmissionAnswer deferred = await client.AdmitAsync(request, Stop);
        using var enough = new CancellationTokenSource();
        Task<AdmissionAnswer> redeeming = client.RedeemAsync(request, deferred, enough.Token);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => redeeming);
        Assert.Equal("k", host.Grid.LastAsked!.Key);

        AdmissionAnswer admitted = await client.AdmitAsync(new(request) { Key = "other", Lane = "" }, Stop);
        await Assert.ThrowsAsync<ArgumentException>(() => client.RedeemAsync(request, admitted, Stop));
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static AdmitRequest Ask(TimeProvider clock) =>
        new(CoopGridClientTests.Ask("k", "closed")) { DeferUntilUnixMs = clock.GetUtcNow().AddHours(2).ToUnixTimeMilliseconds() };

    private static CoopGridClient Enrolled(FakeHost host, TimeProvider clock)
    {
        host.Grid.Enroll(["alice"]);
        return new(new() { Addresses = [host.Address], Clock = clock, Deadline = TimeSpan.FromSeconds(20), AttemptTimeout = TimeSpan.FromSeconds(10) });
    }
}
