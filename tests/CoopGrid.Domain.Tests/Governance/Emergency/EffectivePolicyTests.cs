using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using Xunit;
using static CoopGrid.Domain.Tests.Governance.EmergencyScene;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>By the numbers of <see cref="EffectivePolicy"/>.</summary>
public sealed class EffectivePolicyTests
{
    private static readonly int[] Hours = [0, 2, 3, 5, 10, 20];
    private static readonly string[] Lanes = ["critical", "standard", "bulk"];

    private readonly EmergencyScene _scene = new();

    /// <summary>1, 2 and 4.</summary>
    [Fact]
    public void The_strictest_holds_while_it_is_in_force()
    {
        _scene.Accept(_scene.Declare(new LowerCap("homes", 2000), 0, 10));
        _scene.Accept(_scene.Declare(new LowerCap("homes", 3000), 1, 20));
        _scene.Accept(_scene.Declare(new RaiseGuarantee("homes", "bulk", 50), 2, 20));
        _scene.Accept(_scene.Declare(new RaiseGuarantee("homes", "bulk", 70), 3, 5));
        Assert.Equal(
            [(0, 2000, 0), (2, 2000, 50), (3, 2000, 70), (5, 2000, 50), (10, 3000, 50), (20, 5000, 0)],
            Hours.Select(hour => (hour, _scene.Effective(hour).Policy.Price.CapPermille, _scene.Effective(hour).Policy.Lanes[2].GuaranteedPermille)));
        Assert.Equal([1, 3, 4], _scene.Effective(4).Applied.AsEnumerable());
        Assert.Equal(["lanes[2].guaranteedPermille", "price.capPermille"], PolicyChange.Between(Voted, _scene.Effective(4).Policy).Select(change => change.Path));
        Assert.Same(_scene.Policy, _scene.Effective(20).Policy);
        Assert.Same(_scene.Policy, EffectivePolicy.At("shops", _scene.Policy, _scene.Book, "UTC", At(4)).Policy);
    }

    /// <summary>3. Seen to fail without the check of what an action leads to.</summary>
    [Fact]
    public void A_raise_that_no_longer_fits_is_left_out()
    {
        _scene.Accept(_scene.Declare(new RaiseGuarantee("homes", "bulk", 500), 0, 40));
        _scene.Accept(_scene.Declare(new RaiseGuarantee("homes", "standard", 10), 0, 40));
        _scene.Policy = Guaranteeing(600, 0, 0) with { Version = 2 };
        EffectivePolicy effective = _scene.Effective(1);
        Assert.Equal([600, 10, 0], effective.Policy.Lanes.Select(lane => lane.GuaranteedPermille));
        Assert.Equal([1], effective.LeftOut.AsEnumerable());
        Assert.Equal([2], effective.Applied.AsEnumerable());
        Assert.Equal(2, effective.Policy.Version);
    }

    [Fact]
    public void What_was_voted_since_may_be_stricter_or_have_no_such_lane()
    {
        _scene.Accept(_scene.Declare(new RaiseGuarantee("homes", "bulk", 50), 0, 40));
        _scene.Accept(_scene.Declare(new LowerCap("homes", 2000), 0, 40));
        _scene.Policy = Guaranteeing(100, 0, 60) with { Price = new() { CapPermille = 1500 } };
        Assert.Same(_scene.Policy, _scene.Effective(1).Policy);
        _scene.Policy = Voted with { Lanes = [new() { Name = "only" }] };
        Assert.Equal([2], _scene.Effective(1).Applied.AsEnumerable());
    }

    /// <summary>
    /// Any history of operators and of voted policies, in force at any hour. Seen to fail with the greatest cap, with the last guarantee declared, and without the
    /// rest between two emergencies.
    /// </summary>
    [Fact]
    public void Never_a_higher_cap_a_lower_guarantee_or_an_invalid_policy()
    {
        int accepted = 0, leftOut = 0;
        for (int seed = 0; seed < 120; seed++)
        {
            Random random = new(seed);
            EmergencyScene scene = new();
            for (int hour = 0; hour < 400; hour += random.Next(1, 12))
            {
                if (random.Next(4) == 0) scene.Policy = Guaranteeing(random.Next(300), random.Next(300), random.Next(200)) with { Price = new() { CapPermille = random.Next(1000, 6000) } };
                EmergencyAction action = random.Next(2) == 0
                    ? new LowerCap("homes", random.Next(900, 6000))
                    : new RaiseGuarantee("homes", Lanes[random.Next(3)], random.Next(1000));
                EmergencyDecision decision = random.Next(6) == 0 && scene.Book.All.Count > 0
                    ? scene.Lift(random.Next(1, scene.Book.NextNumber), hour)
                    : scene.Declare(action, hour, hour + random.Next(1, 60));
                if (decision.Outcome == EmergencyOutcome.Accepted)
                {
                    scene.Accept(decision);
                    accepted++;
                }

                EffectivePolicy effective = scene.Effective(hour);
                leftOut += effective.LeftOut.Length;
                AssertWithin(scene.Policy, effective.Policy);
            }

            AssertEmergenciesAreShort([.. scene.Book.All.Where(held => held.Declared.Action is LowerCap)]);
        }

        Assert.True(accepted > 500 && leftOut > 50, $"{accepted} accepted, {leftOut} left out");
    }

    private static void AssertWithin(ClassPolicy voted, ClassPolicy effective)
    {
        Assert.Empty(PolicyRules.Check(effective, "UTC"));
        Assert.True(effective.Price.CapPermille <= voted.Price.CapPermille);
        Assert.All(voted.Lanes.Zip(effective.Lanes), pair => Assert.True(pair.First.GuaranteedPermille <= pair.Second.GuaranteedPermille));
        Assert.True(effective.Lanes.Sum(lane => lane.GuaranteedPermille) < 1000);
        Assert.All(
            PolicyChange.Between(voted, effective),
            change => Assert.True(change.Path == "price.capPermille" || change.Path.EndsWith(".guaranteedPermille", StringComparison.Ordinal), change.Path));
    }

    /// <summary>Hour by hour: from the first hour that is held after a rest, none is held beyond the longest time until there was a rest again.</summary>
    private static void AssertEmergenciesAreShort(IReadOnlyList<Emergency> caps)
    {
        long first = long.MinValue, last = long.MinValue;
        for (long hour = 0; hour < 700; hour++)
        {
            if (!caps.Any(held => held.IsInForceAt(At(hour)))) continue;
            if (last == long.MinValue || hour - last > RestHours) first = hour;
            Assert.True(hour < first + LongestHours, $"hour {hour} is held since {first}");
            last = hour;
        }
    }

    private static ClassPolicy Guaranteeing(params int[] permille) => Voted with
    {
        Lanes = [.. LanePolicy.Defaults.Zip(permille, (lane, guaranteed) => lane with { GuaranteedPermille = guaranteed })],
    };
}
