using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Grains.Billing;
using Xunit;

namespace CoopGrid.Grains.Tests.Billing;

/// <summary>Credits are in the books at once, and once for each key.</summary>
public sealed class CreditsTests
{
    private readonly ClosingScene _scene = new(FrozenMonth.Random(1, 10));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Seen to fail with the key not looked up.</summary>
    [Fact]
    public async Task A_credit_is_posted_once_for_its_key()
    {
        Assert.Equal(new(CreditPostingOutcome.Posted, 1), await Post("m0000001", CreditSource.Payment, 500, "transfer 9", "k1"));
        Assert.Equal(new(CreditPostingOutcome.PostedBefore, 1), await Post("m0000001", CreditSource.Payment, 500, "transfer 9", "k1"));
        Assert.Equal(new(CreditPostingOutcome.Posted, 2), await Post("m0000001", CreditSource.Refund, 30, "an outage", "k2"));
        Assert.Equal(new Balances(530, -30, -500, 0, 0), _scene.Books.Balances);
        Assert.Equal(530, await _scene.Store.ReadBalanceAsync(_scene.Id("m0000001"), Cancellation));
        Assert.Equal(0, await _scene.Store.ReadBalanceAsync(_scene.Id("m0000002"), Cancellation));
    }

    [Fact]
    public async Task Another_credit_with_the_same_key_is_refused()
    {
        await Post("m0000001", CreditSource.Payment, 500, "transfer 9", "k1");
        string stored = _scene.Stored();
        Assert.Equal(CreditPostingOutcome.KeyConflict, (await Post("m0000001", CreditSource.Payment, 501, "transfer 9", "k1")).Outcome);
        Assert.Equal(CreditPostingOutcome.KeyConflict, (await Post("m0000001", CreditSource.Refund, 500, "transfer 9", "k1")).Outcome);
        Assert.Equal(CreditPostingOutcome.KeyConflict, (await Post("m0000001", CreditSource.Payment, 500, "transfer 8", "k1")).Outcome);
        Assert.Equal(CreditPostingOutcome.KeyConflict, (await Post("m0000002", CreditSource.Payment, 500, "transfer 9", "k1")).Outcome);
        Assert.Equal(stored, _scene.Stored());
    }

    /// <summary>In their order; each says what to do, and changes nothing.</summary>
    [Theory]
    [InlineData("nobody", 0, "", "", CreditPostingOutcome.Invalid)]
    [InlineData("nobody", 0, "r", "k", CreditPostingOutcome.Invalid)]
    [InlineData("nobody", 1, " ", "k", CreditPostingOutcome.Invalid)]
    [InlineData("nobody", Credits.MostMicroCredits + 1, "r", "k", CreditPostingOutcome.Invalid)]
    [InlineData("nobody", 1, "r", "k", CreditPostingOutcome.MemberUnknown)]
    [InlineData("m0000001", 1, "r", "k\u0001", CreditPostingOutcome.Invalid)]
    [InlineData("m0000001", Credits.MostMicroCredits, "r", "k", CreditPostingOutcome.Posted)]
    public async Task What_cannot_be_posted_is_refused_with_a_reason(string member, long amount, string reason, string key, CreditPostingOutcome expected)
    {
        CreditPosting posted = await Post(member, CreditSource.Payment, amount, reason, key);
        Assert.Equal(expected, posted.Outcome);
        if (expected == CreditPostingOutcome.Posted) return;
        Assert.NotEmpty(posted.Reason);
        Assert.Empty(_scene.Disk.Billing.Lines);
    }

    /// <summary>Seen to fail without the limit.</summary>
    [Theory]
    [InlineData(Credits.LongestReason, CreditPostingOutcome.Posted)]
    [InlineData(Credits.LongestReason + 1, CreditPostingOutcome.Invalid)]
    public async Task A_reason_is_not_longer_than_a_bill_can_show(int length, CreditPostingOutcome expected) =>
        Assert.Equal(expected, (await Post("m0000001", CreditSource.Payment, 1, new('r', length), "k")).Outcome);

    /// <summary>The commons are never below zero; what was spent of them before is known by its key. Seen to fail without the look for the key.</summary>
    [Fact]
    public async Task The_commons_give_no_more_than_they_hold()
    {
        await _scene.CloseAsync();
        long held = (long)_scene.Books.Balances.Commons;
        Assert.True(held > 0);
        Assert.Equal(CreditPostingOutcome.CommonsShort, (await Post("m0000001", CreditSource.CommonsShare, held + 1, "lamps", "k1")).Outcome);
        Assert.Equal(CreditPostingOutcome.Posted, (await Post("m0000001", CreditSource.CommonsShare, held, "lamps", "k1")).Outcome);
        Assert.Equal(CreditPostingOutcome.PostedBefore, (await Post("m0000001", CreditSource.CommonsShare, held, "lamps", "k1")).Outcome);
        Assert.Equal(CreditPostingOutcome.CommonsShort, (await Post("m0000001", CreditSource.CommonsShare, 1, "lamps", "k2")).Outcome);
        Assert.Equal(Int128.Zero, _scene.Books.Balances.Commons);
        _scene.AssertSound();
    }

    private Task<CreditPosting> Post(string member, CreditSource source, long amount, string reason, string key) =>
        _scene.Credits.PostAsync(_scene.Id(member), source, amount, reason, key, Cancellation);
}
