using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Pricing;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Attacks;

/// <summary>Histories in which a class's price once stood still or used a policy that was not in force.</summary>
public sealed class PriceTests
{
    private static readonly ClassId Relays = new("isle", "relays");
    private static readonly ClassPolicy Small = new()
    {
        Window = new() { SliceMs = 10_000 },
        Capacity = new() { UnitsPerSecond = 100, BurstUnits = 100, MaxRequestUnits = 1 },
        Price = new() { CapPermille = 4000, DoublingPeriods = 1 },
    };

    [Fact]
    public async Task A_class_without_history_prices_its_first_demand()
    {
        var history = new Rows();
        var price = new ClassPrice(Relays, "UTC", epoch: 1, history, history);
        await price.Load(Small, At(0));
        var policies = PolicyHistory.Found("relays", Small, At(0));
        await price.Close(policies, new EmergencyBook(), At(100));
        price.Hear(Told(100, 160));
        await price.Close(policies, new EmergencyBook(), At(101));

        // A class once waited for its first row before it closed any, and so for ever: seen to fail so.
        Assert.Equal([99, 100], history.Written.Keys);
        Assert.Equal(160, history.Written[100].Demand);
        Assert.True(price.MultiplierAt(Small, At(101)) > 1000);
    }

    [Fact]
    public async Task Periods_before_a_change_are_closed_by_the_policy_that_was_in_force()
    {
        var history = new Rows();
        var price = new ClassPrice(Relays, "UTC", epoch: 1, history, history);
        await price.Load(Small, At(0));
        ClassPolicy large = Small with { Version = 2, Capacity = Small.Capacity with { UnitsPerSecond = 1000 } };
        var policies = PolicyHistory.Restore("relays", [new(Small, 0, new() { Version = 1 }), new(large, 11, new() { Version = 2, Proposal = "p" })]);
        await price.Close(policies, new EmergencyBook(), At(109));
        price.Hear(Told(109, 1));
        price.Hear(Told(110, 1));
        await price.Close(policies, new EmergencyBook(), At(112));

        // All that was open was once closed by the policy of the moment. Seen to fail with all closed by the old one, and with all closed by the new one.
        Assert.Equal(80, history.Written[109].Target);
        Assert.Equal(800, history.Written[110].Target);
        Assert.Equal(111 + 1, price.OpenPeriod);
    }

    /// <summary>Two changes within the periods that are closed together. Seen to fail with only the first change looked for.</summary>
    [Fact]
    public async Task Periods_are_closed_through_as_many_changes_as_lie_in_them()
    {
        var history = new Rows();
        var price = new ClassPrice(Relays, "UTC", epoch: 1, history, history);
        await price.Load(Small, At(0));
        ClassPolicy Of(int version, long rate) => Small with { Version = version, Capacity = Small.Capacity with { UnitsPerSecond = rate } };
        var policies = PolicyHistory.Restore(
            "relays", [new(Small, 0, new() { Version = 1 }), new(Of(2, 1000), 11, new() { Version = 2, Proposal = "p" }), new(Of(3, 500), 12, new() { Version = 3, Proposal = "q" })]);
        await price.Close(policies, new EmergencyBook(), At(109));
        foreach (long period in new[] { 109, 110, 119, 120 }) price.Hear(Told(period, 1) with { At = At(121) });
        await price.Close(policies, new EmergencyBook(), At(121));
        Assert.Equal([80, 800, 800, 400], new long[] { 109, 110, 119, 120 }.Select(period => history.Written[period].Target));
    }

    [Fact]
    public async Task A_period_waits_for_a_gate_that_was_idle()
    {
        var history = new Rows();
        var price = new ClassPrice(Relays, "UTC", epoch: 1, history, history);
        await price.Load(Small, At(0));
        var policies = PolicyHistory.Found("relays", Small, At(0));
        price.Hear(new GateReport { Producer = 1, At = At(100) });
        await price.Close(policies, new EmergencyBook(), At(100));
        await price.Close(policies, new EmergencyBook(), At(101));
        Assert.Equal([99], history.Written.Keys);

        // Seen to be lost: the period was closed 100 ms after its end, and an idle gate speaks every 500 ms.
        price.Hear(Told(100, 160) with { At = At(101) });
        await price.Close(policies, new EmergencyBook(), At(101));
        Assert.Equal(160, history.Written[100].Demand);

        // A gate that is gone holds no period. Seen to fail with silent gates waited for.
        await price.Close(policies, new EmergencyBook(), At(105));
        Assert.Equal(105, price.OpenPeriod);
    }

    private static Instant At(long seconds) => Instant.FromUnixMs((seconds * 1000) + 500);

    private static GateReport Told(long period, long units) => new() { Producer = 1, Periods = [new(period, units)] };

    private sealed class Rows : IPriceHistory, IClassHeads
    {
        public SortedDictionary<long, PricePeriod> Written { get; } = [];

        public Task<bool> AppendPricesAsync(ClassId @class, long epoch, IReadOnlyList<PricePeriod> rows, CancellationToken cancellation)
        {
            foreach (PricePeriod row in rows) Written[row.Period] = row;
            return Task.FromResult(true);
        }

        public Task<IReadOnlyList<ClassId>> ListAsync(CancellationToken cancellation) => throw new NotSupportedException();

        public Task FoundAsync(ClassId @class, ClassHead head, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ClassHead?> ReadAsync(ClassId @class, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ClassHead> RaiseEpochAsync(ClassId @class, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ClosingOutcome> CloseSlicesAsync(ClassId @class, SliceClosing closing, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<PricePeriod?> LastAsync(ClassId @class, CancellationToken cancellation) => Task.FromResult<PricePeriod?>(null);

        public Task<IReadOnlyList<PricePeriod>> ReadAsync(ClassId @class, long fromPeriod, int limit, CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyList<PricePeriod>>([]);
    }
}
