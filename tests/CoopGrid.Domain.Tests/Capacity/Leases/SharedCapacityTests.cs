using CoopGrid.Domain.Capacity;
using Xunit;

namespace CoopGrid.Domain.Tests.Capacity;

/// <summary>The numbered properties of <see cref="SharedCapacity"/>.</summary>
public class SharedCapacityTests
{
    private const long Second = 1_000_000;
    private static readonly Lease Total = new(900, 9000);
    private static readonly CapacityPlan Plan = Plans.Plan(Total, 10, 0);
    private readonly SharedCapacity _shared = new(1, Plan, 0);
    private readonly Dictionary<long, HeldLease> _gates = [];

    /// <summary>1. Seen to fail with a division at every exchange, and with a moved demand left to the next interval.</summary>
    [Fact]
    public void Demand_is_looked_at_once_in_an_interval_and_who_comes_is_divided_for_at_once()
    {
        Settle(0, (1, 600), (2, 300));
        Assert.Equal((600, 300), (Held(1), Held(2)));
        long now = 10 * Second;
        Exchange(1, 600, now);
        Exchange(2, 292, now + 1);
        Exchange(2, 292, now + 9_999);
        Assert.Equal(300, Held(2));
        Exchange(2, 292, now + 10_000);
        Assert.Equal(296, Held(2));

        // This demand has moved away.
        Exchange(2, 100, now + 11_999);
        Assert.Equal(296, Held(2));
        Exchange(2, 100, now + 12_000);
        Assert.Equal(200, Held(2));
        Exchange(3, 600, now + 12_001);
        Exchange(1, 600, now + 12_002);
        Assert.Equal(400, Held(1));
    }

    /// <summary>2. Seen to fail with a silent gate divided for: the others then get 600 at most.</summary>
    [Fact]
    public void A_silent_gate_keeps_what_it_holds_and_no_more_is_put_aside_for_it()
    {
        Settle(0, (1, 100), (2, 700), (3, 100));
        Exchange(1, 900, 4 * Second);
        Settle(7 * Second, (2, 900), (3, 900));
        Assert.InRange(Held(1), 100, 110);
        Assert.Equal(Total.UnitsPerSecond, Held(1) + Held(2) + Held(3));
    }

    /// <summary>3. Seen to fail with a seal that frees at once.</summary>
    [Fact]
    public void A_sealed_gates_lease_is_freed_when_its_last_relaxed_answer_is_past()
    {
        Settle(0, (1, 600), (2, 600));
        Exchange(2, 600, 5 * Second);
        _shared.Seal(2, 5 * Second);
        _shared.Seal(2, 5 * Second);
        Exchange(1, 900, 6 * Second);
        Exchange(1, 900, 6_099_999);
        Assert.Equal((1, 450), (_shared.Leaving, Held(1)));
        _shared.Settle(6_100_000);
        Assert.Equal(0, _shared.Leaving);
        Exchange(1, 900, 6_100_000);
        Assert.Equal(900, Held(1));
        Exchange(2, 900, 7 * Second);
        Assert.Equal(0, Held(2));
    }

    /// <summary>3.</summary>
    [Fact]
    public void A_gate_that_was_never_heard_of_is_freed_a_while_after_the_activation_began()
    {
        var shared = new SharedCapacity(2, Plan, 50 * Second);
        shared.OpenGates([1, 2]);
        shared.Seal(2, 50 * Second);
        Assert.Equal(1, shared.Leaving);
        shared.Settle(51_099_999);
        Assert.Equal(1, shared.Leaving);
        shared.Settle(51_100_000);
        Assert.Equal(0, shared.Leaving);
        shared.Seal(1, 60 * Second);
        Assert.Equal(0, shared.Leaving);
    }

    [Fact]
    public void A_sealed_gate_that_still_calls_gives_back_what_it_holds()
    {
        Settle(0, (1, 600), (2, 600));
        Exchange(2, 600, 5 * Second);
        _shared.Seal(2, 5 * Second);
        Exchange(2, 600, 5_010_000);
        Exchange(2, 600, 5_020_000);
        Exchange(1, 900, 5_030_000);
        Assert.Equal((0, 900), (Held(2), Held(1)));
    }

    [Fact]
    public void A_smaller_total_is_divided_as_it_is()
    {
        Settle(0, (1, 600), (2, 600));
        _shared.SetPlan(Plans.Plan(new(300, 3000), 10, 0));
        Settle(Second, (1, 600), (2, 600));
        Assert.Equal((150, 150), (Held(1), Held(2)));
    }

    [Fact]
    public void A_later_activation_ends_this_one()
    {
        Assert.False(_shared.TryAnswer(1, new(2, 1, default), default, 0, out _));
        Assert.Equal(default, _shared.InUse);
    }

    private long Held(long gate) => _gates[gate].Held.UnitsPerSecond;

    /// <summary>A second of exchanges, every 50 ms each.</summary>
    private void Settle(long from, params (long Gate, long Demand)[] gates)
    {
        for (long now = from; now < from + Second; now += 50_000)
        {
            foreach ((long gate, long demand) in gates) Exchange(gate, demand, now);
        }
    }

    private void Exchange(long gate, long demand, long now)
    {
        if (!_gates.TryGetValue(gate, out HeldLease? held)) _gates[gate] = held = new(1);
        Assert.True(_shared.TryAnswer(gate, held.Report(now), Plans.Asks(demand), now, out LeaseGrant grant));
        Assert.True(held.Accept(grant));
    }
}
