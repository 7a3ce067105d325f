using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// What a class goes by at a moment: its voted policy with the emergency actions in force (SPEC.md §11).
/// <list type="number">
/// <item>The cap is the least of the voted one and the actions': never higher than voted.</item>
/// <item>A lane's guarantee is the greatest of the voted one and the actions': never lower than voted. All else is as voted.</item>
/// <item>It is valid whenever the voted policy is, so guarantees add up to less than 1000 ‰. A raise that no longer fits, since another policy took
/// effect after it was declared, is left out; raises are tried in the order they were declared.</item>
/// <item>It keeps the voted version, which bills cite; the price history shows the cap of every period.</item>
/// </list>
/// </summary>
/// <param name="Policy">Valid.</param>
/// <param name="Applied">Actions that changed it, by number.</param>
/// <param name="LeftOut">Actions in force on the class that do not fit it, by number.</param>
public sealed record EffectivePolicy(ClassPolicy Policy, ImmutableArray<int> Applied, ImmutableArray<int> LeftOut)
{
    /// <summary>The policy at a moment, past or present (<see cref="EmergencyBook.TimeAt"/>).</summary>
    /// <param name="inClass">The customer class.</param>
    /// <param name="voted">Its voted policy in force then; valid.</param>
    public static EffectivePolicy At(string inClass, ClassPolicy voted, EmergencyBook book, string timeZone, Instant at) =>
        Of(inClass, voted, book.InForceAt(at).Select(emergency => (emergency.Declared.Number, emergency.Declared.Action)), timeZone);

    /// <summary>The policy with some actions in force.</summary>
    /// <param name="inForce">In the order they were declared, of any class.</param>
    public static EffectivePolicy Of(string inClass, ClassPolicy voted, IEnumerable<(int Number, EmergencyAction Action)> inForce, string timeZone)
    {
        ClassPolicy policy = voted;
        var applied = ImmutableArray.CreateBuilder<int>();
        var leftOut = ImmutableArray.CreateBuilder<int>();
        foreach ((int number, EmergencyAction action) in inForce)
        {
            if (ClassOf(action) != inClass) continue;
            ClassPolicy next = Apply(policy, action);
            if (ReferenceEquals(next, policy)) continue;
            bool fits = PolicyRules.Check(next, timeZone).Count == 0;
            (fits ? applied : leftOut).Add(number);
            if (fits) policy = next;
        }

        return new(policy, applied.ToImmutable(), leftOut.ToImmutable());
    }

    /// <summary>What would be wrong with the policy if the action were in force too.</summary>
    internal static IReadOnlyList<PolicyError> With(ClassPolicy voted, EmergencyAction action, EmergencyBook book, string timeZone, Instant now) =>
        ClassOf(action) is { } inClass ? PolicyRules.Check(Apply(At(inClass, voted, book, timeZone, now).Policy, action), timeZone) : [];

    /// <summary>The place of the action's lane in the policy, or −1.</summary>
    internal static int LaneOf(ClassPolicy policy, RaiseGuarantee raise) => raise.Lane.Length == 0 ? -1 : policy.LaneIndex(raise.Lane);

    private static string? ClassOf(EmergencyAction action) => action switch
    {
        LowerCap cap => cap.Class,
        RaiseGuarantee raise => raise.Class,
        _ => null,
    };

    // The same object if the action changes nothing: what was voted since may be stricter, or may have no such lane.
    private static ClassPolicy Apply(ClassPolicy policy, EmergencyAction action)
    {
        if (action is LowerCap cap && cap.CapPermille < policy.Price.CapPermille)
            return policy with { Price = policy.Price with { CapPermille = cap.CapPermille } };
        if (action is not RaiseGuarantee raise) return policy;
        int lane = LaneOf(policy, raise);
        if (lane < 0 || policy.Lanes[lane].GuaranteedPermille >= raise.GuaranteedPermille) return policy;
        return policy with { Lanes = policy.Lanes.SetItem(lane, policy.Lanes[lane] with { GuaranteedPermille = raise.GuaranteedPermille }) };
    }
}
