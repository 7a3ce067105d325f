using Xunit;

namespace CoopGrid.Domain.Tests.Capacity;

/// <summary>
/// Callers that all ask at the same moments, up to half a second apart: their gates keep steady leases, and the class uses what there is. Seen to fail
/// with the rule of <see cref="Domain.Capacity.AskedDemand"/> before this one, which followed every burst: most of these then used 20 to 56 % of C.
/// </summary>
public class CallersInStepTests
{
    private const long C = 30_000;

    [Theory]
    [MemberData(nameof(AskedDemandTests.Steps), MemberType = typeof(AskedDemandTests))]
    public void A_gate_with_callers_in_step_and_steady_gates_use_what_there_is(int periodMs, int exchangeMs)
    {
        var field = new GateField(3, Plans.Plan(new(C, C), 5, 0, 0), exchangeMs);
        field.AddInStep(periodMs, 0, 30, C * 4 / 10, 5, 0);
        field.Add(1, 30, C * 4 / 10, 5, 1);
        field.Add(1, 31, C * 4 / 10, 5, 2);
        AssertUsed(field, 950);
    }

    [Theory]
    [MemberData(nameof(AskedDemandTests.Steps), MemberType = typeof(AskedDemandTests))]
    public void Gates_whose_callers_are_all_in_step_use_what_there_is(int periodMs, int exchangeMs)
    {
        var field = new GateField(3, Plans.Plan(new(C, C), 5, 0, 0), exchangeMs);
        field.AddInStep(periodMs, 0, 30, C * 6 / 10, 5, 0);
        field.AddInStep(periodMs, 1, 30, C, 5, 1);
        field.AddInStep(periodMs, 0, 31, C * 4 / 10, 5, 2);
        AssertUsed(field, 990);
    }

    private static void AssertUsed(GateField field, int permille)
    {
        field.Play(0, 2);
        field.Play(2, 8);
        long used = field.Admitted * 1000 / (6 * C);
        Assert.True(used >= permille, $"{used} per-mille used");
    }
}
