using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Bank;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Bank;

/// <summary>When a class's bank history begins, and when its slices are final: slices of a second, two control periods each, epochs of six slices.</summary>
public sealed class ClassBankTests
{
    private static readonly ClassId Homes = new("isle", "homes");

    private static readonly ClassPolicy Saving = new()
    {
        Version = 1,
        Window = new() { SliceMs = 1000, Slices = 5, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 6000 } },
        Price = new() { ControlPeriodMs = 500 },
        Bank = new() { SharePermille = 500, CapUnits = 90, DecayPermille = 100 },
    };

    private static readonly ClassPolicy Plain = Saving with { Bank = new() };

    /// <summary>Until its first slice the policy with the bank may still be overtaken. Seen to fail with a bank that is opened as soon as it is voted.</summary>
    [Fact]
    public void A_voted_bank_begins_when_its_first_slice_comes()
    {
        PolicyHistory policies = Policies((Plain, 100), (Saving, 120));
        Assert.Null(ClassBank.Open(Homes, null, policies, openSlice: 119, new Prices([])));
        ClassBank bank = ClassBank.Open(Homes, null, policies, openSlice: 120, new Prices([]))!;
        Assert.Equal((true, false), (bank.IsFinal(119), bank.IsFinal(120)));
    }

    /// <summary>Version 3 holds earlier and takes back what version 2 would have changed. Seen to fail with a bank for every version that has a share.</summary>
    [Fact]
    public void A_bank_that_was_overtaken_never_begins() =>
        Assert.Null(ClassBank.Open(Homes, null, Policies((Plain, 100), (Saving, 120), (Plain, 110)), openSlice: 130, new Prices([])));

    /// <summary>
    /// Slice 120 has the periods 240 and 241, and row 240 prices the latter: before it is there nobody knows that the slice was dear. Seen to fail without waiting for
    /// it, and with a stored history that stays as it was when it was asked for first.
    /// </summary>
    [Fact]
    public async Task A_slice_is_final_once_its_last_period_is_priced()
    {
        var prices = new Prices([new PricePeriod { Period = 230, Count = 10, MultiplierPermille = 1000 }]);
        PolicyHistory policies = Policies((Saving, 120));
        EpochPlan plan = Plan(114);
        ClassBank bank = ClassBank.Open(Homes, null, policies, openSlice: 120, prices)!;
        Assert.Equal(119, bank.Stored.FinalThrough);
        Assert.False(await bank.Follow(policies, plan, openSlice: 120, openPeriod: 241));
        Assert.False(await bank.Follow(policies, plan, openSlice: 121, openPeriod: 240));

        prices.Rows.Add(new PricePeriod { Period = 240, Count = 1, MultiplierPermille = 2000 });
        Assert.True(await bank.Follow(policies, plan, openSlice: 121, openPeriod: 241));
        Assert.Equal(120, bank.Stored.FinalThrough);
        Assert.Equal([new StoredRun(120, false)], bank.Stored.Runs.Select(run => new StoredRun(run.FromSlice, run.OffPeak)));
    }

    /// <summary>A class that is older than its epochs: what is held when they begin was saved in none of them. Seen to fail with a decay at their beginning.</summary>
    [Fact]
    public async Task Nothing_decays_before_the_first_epoch()
    {
        PolicyHistory policies = Policies((Saving, 116));
        ClassBank bank = ClassBank.Open(Homes, null, policies, openSlice: 116, new Prices([]))!;
        Assert.True(await bank.Follow(policies, Plan(120), openSlice: 130, openPeriod: 260));
        Assert.Equal([126L], bank.Stored.Terms.Where(terms => terms.StartsEpoch).Select(terms => terms.FromSlice));
    }

    /// <summary>
    /// What a gate is told follows on what it knew when it reported. Seen to fail with news after a gap, whose slices are taken for what the next ones were, and with
    /// older news, by which banks would be settled anew.
    /// </summary>
    [Fact]
    public void News_that_do_not_follow_tell_a_gate_nothing()
    {
        BankHistory all = History(110), known = History(103);
        Assert.Equal(110, BankMapping.After(known, BankMapping.ToNews(all, 103))!.FinalThrough);
        Assert.Same(known, BankMapping.After(known, BankMapping.ToNews(all, 105)));
        Assert.Null(BankMapping.After(null, BankMapping.ToNews(all, 105)));
        Assert.Same(all, BankMapping.After(all, BankMapping.ToNews(known, long.MinValue)));
    }

    private static BankHistory History(long through)
    {
        var history = new BankHistory(BankTerms.Of(Saving, Saving.Bank, 100, startsEpoch: false));
        for (long slice = 100; slice <= through; slice++) history.Close(slice, offPeak: slice % 2 == 0);
        return history;
    }

    private static EpochPlan Plan(long first) => new(new() { Runs = [new(Saving.Window.Epoch, first, 0, 0)], Until = 600 }, Saving.Window, "UTC");

    private static PolicyHistory Policies(params (ClassPolicy Policy, long FromSlice)[] versions) => PolicyHistory.Restore(
        Homes.Class,
        [.. versions.Select((version, place) =>
            new PolicyVersion(version.Policy with { Version = place + 1 }, version.FromSlice, new() { Version = place + 1 }))]);

    private readonly record struct StoredRun(long FromSlice, bool OffPeak);

    private sealed class Prices(List<PricePeriod> rows) : IPriceHistory
    {
        public List<PricePeriod> Rows => rows;

        public Task<PricePeriod?> LastAsync(ClassId @class, CancellationToken cancellation) => Task.FromResult<PricePeriod?>(rows.Count > 0 ? rows[^1] : null);

        public Task<IReadOnlyList<PricePeriod>> ReadAsync(ClassId @class, long fromPeriod, int limit, CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyList<PricePeriod>>([.. rows.Where(row => row.Period + row.Count > fromPeriod).Take(limit)]);
    }
}
