using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Bank;

/// <summary>Saving and decay by their numbers (<see cref="BankRule"/>).</summary>
public sealed class BankRuleTests
{
    private static readonly BankPolicy Half = new() { SharePermille = 500, CapUnits = 1_000_000, DecayPermille = 100 };

    // share ‰, baseline, n, used, slices → units saved and parts carried.
    [Theory]
    [InlineData(500, 168, 168, 0, 1, 0, 84_000)]
    [InlineData(500, 168, 168, 0, 2, 1, 0)]
    [InlineData(500, 168, 168, 1, 9, 0, 0)]
    [InlineData(1000, 1680, 168, 4, 1, 6, 0)]
    [InlineData(1000, 1680, 168, 11, 1, 0, 0)]
    [InlineData(333, 100, 7, 3, 1, 3, 5307)]
    [InlineData(333, 100, 7, 3, 2, 7, 3614)]
    [InlineData(0, 100, 7, 0, 5, 0, 0)]
    [InlineData(1000, 1, 10_000, 0, 9_999, 0, 9_999_000)]
    [InlineData(1000, 1, 10_000, 0, 10_000, 1, 0)]
    public void A_slice_saves_a_share_of_what_it_left_of_its_baseline(
        int share, long baseline, int n, long used, int slices, long saved, long carried)
    {
        var history = new BankHistory(new(0, false, baseline, n, Half with { SharePermille = share }));
        history.Close(slices - 1, true);
        SliceUnits[] usage = [.. Enumerable.Range(0, used == 0 ? 0 : slices).Select(slice => new SliceUnits(slice, used))];
        BankSettlement settled = BankRule.Settle(BankAccount.Opened(0), history, usage);
        Assert.Equal(new BankAccount(saved, 0, 0, saved, carried, n, slices - 1), settled.Account);
        Assert.Equal((saved, 0L), (settled.SavedUnits, settled.DecayedUnits));
    }

    [Fact]
    public void Only_off_peak_slices_save()
    {
        var history = new BankHistory(new(0, false, 10, 1, Half));
        history.Close(2, true);
        history.Close(5, false);
        history.Close(6, true);
        Assert.Equal(20, BankRule.Settle(BankAccount.Opened(0), history, []).Account.Held);
        Assert.Equal(11, BankRule.Settle(BankAccount.Opened(0), history, [new(1, 9), new(4, 3), new(6, 9)]).Account.Held);
    }

    [Fact]
    public void A_member_saves_from_the_slice_that_it_enrols_in()
    {
        var history = new BankHistory(new(0, false, 10, 1, Half));
        history.Close(9, true);
        Assert.Equal(5, BankRule.Settle(BankAccount.Opened(9), history, []).Account.Held);
        Assert.Equal(0, BankRule.Settle(BankAccount.Opened(10), history, []).Account.Held);
        Assert.Equal(50, BankRule.Settle(BankAccount.Opened(-1_000_000), history, []).Account.Held);
    }

    /// <summary>Seen to fail with a cap that takes what is above it away, and with a step that is left out because it would pass the cap.</summary>
    [Fact]
    public void The_cap_stops_saving_and_takes_nothing_away()
    {
        var history = new BankHistory(new(0, false, 10, 3, Half with { CapUnits = 4 }));
        history.Close(1, true);
        BankAccount below = BankRule.Settle(BankAccount.Opened(0), history, []).Account;
        Assert.Equal((3L, 1000L), (below.Held, below.CarriedParts));
        history.Close(2, true);
        BankAccount full = BankRule.Settle(below, history, []).Account;
        Assert.Equal((4L, 0L), (full.Held, full.CarriedParts));

        BankAccount above = full.Spend(4);
        history.Close(5, true);
        above = BankRule.Settle(above, history, []).Account.GiveBack(4);
        Assert.Equal((8L, 8L), (above.Held, above.Saved));
        history.Close(1000, true);
        Assert.Equal(above with { SettledThrough = 1000 }, BankRule.Settle(above, history, []).Account);
    }

    /// <summary>Seen to fail with a second decay before the new epoch's first slice, and without decay while the old epoch's last slice is the last final one.</summary>
    [Fact]
    public void Decay_comes_once_after_the_last_slice_of_the_old_epoch()
    {
        var history = new BankHistory(new(0, true, 20, 1, Half));
        history.Add(new(3, false, 20, 1, Half));
        history.Add(new(5, true, 20, 1, Half));
        history.Close(3, true);
        BankAccount before = BankRule.Settle(BankAccount.Opened(0), history, []).Account;
        Assert.Equal((40L, 0L), (before.Held, before.Decayed));

        history.Close(4, true);
        BankSettlement start = BankRule.Settle(before, history, []);
        Assert.Equal((45L, 5L, 10L, 5L), (start.Account.Held, start.Account.Decayed, start.SavedUnits, start.DecayedUnits));
        Assert.Equal(new BankSettlement(start.Account, 0, 0), BankRule.Settle(start.Account, history, []));

        history.Close(5, false);
        Assert.Equal(start.Account with { SettledThrough = 5 }, BankRule.Settle(start.Account, history, []).Account);
    }

    [Fact]
    public void A_span_of_any_length_is_one_step()
    {
        var history = new BankHistory(new(0, false, 7, 3, Half with { CapUnits = 1_000_000_000_000_000 }));
        history.Close(999_999_999_999, true);
        BankAccount bank = BankRule.Settle(BankAccount.Opened(0), history, [new(5, 1)]).Account;
        Int128 parts = (Int128)500 * ((7 * (Int128)999_999_999_999) + 4);
        Assert.Equal((parts / 3000, parts % 3000), (bank.Held, bank.CarriedParts));
    }

    /// <summary>Seen to fail with a bank that is spent at any price.</summary>
    [Theory]
    [InlineData(5, 3, 1001, 3)]
    [InlineData(5, 9, 1001, 5)]
    [InlineData(5, 3, 1000, 0)]
    [InlineData(5, 3, 700, 0)]
    [InlineData(0, 3, 5000, 0)]
    public void The_bank_covers_while_the_multiplier_is_above_1000(long held, long units, int multiplier, long banked) =>
        Assert.Equal(banked, BankRule.Covers(held, units, multiplier));
}
