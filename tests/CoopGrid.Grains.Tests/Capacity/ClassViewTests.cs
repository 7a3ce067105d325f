using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Capacity;

/// <summary>What a gate makes by its own clock of the emergency actions that it was told last.</summary>
public sealed class ClassViewTests
{
    private static readonly ClassPolicies Policies = new(Ask.Ample with { Version = 1 }, null, long.MaxValue, "UTC");

    /// <summary>Seen to fail with the first one, and with the last.</summary>
    [Theory]
    [InlineData(20, 30)]
    [InlineData(30, 20)]
    public void Of_two_suspensions_the_one_that_lasts_longer_counts(long first, long second)
    {
        ClassView view = View(10, Action(1, new SuspendMember("ann"), 0, first), Action(2, new SuspendMember("ann"), 0, second));
        Assert.NotNull(view.SuspensionOf("ann", At(29)));
        Assert.Null(view.SuspensionOf("ann", At(30)));
        Assert.Null(view.SuspensionOf("bob", At(10)));
    }

    /// <summary>
    /// The clock of who declares may be ahead, and what the class says may be late. Seen to fail with every action that was told, and with those to come.
    /// </summary>
    [Theory]
    [InlineData(9, false)]
    [InlineData(10, true)]
    [InlineData(19, true)]
    [InlineData(20, false)]
    public void An_action_holds_from_its_declaration_to_before_its_end(long now, bool holds)
    {
        ClassView view = View(now, Action(1, new SuspendMember("ann"), 10, 20), Action(2, new RaiseGuarantee("homes", "bulk", 200), 10, 20));
        Assert.Equal(holds, view.SuspensionOf("ann", At(now)) is not null);
        Assert.Equal(holds ? 200_000 : 0, view.At(0).Plan.FloorUnitsPerSecond(2));
    }

    private static Instant At(long ms) => Instant.FromUnixMs(ms);

    private static ClassView View(long now, params EmergencyView[] actions) =>
        new(GridSilo.ClassOf("homes"), new() { Policies = Policies, Emergencies = [.. actions] }, null, At(now));

    private static EmergencyView Action(int number, EmergencyAction action, long declared, long ends) =>
        new() { Number = number, Action = action, DeclaredAt = At(declared), EndsAt = At(ends) };
}
