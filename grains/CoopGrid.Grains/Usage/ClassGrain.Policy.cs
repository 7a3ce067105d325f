using CoopGrid.Domain.Governance;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <content>Changes the policy.</content>
internal sealed partial class ClassGrain
{
    public async Task<PolicyAnswer> SetPolicy(int basedOnVersion, ClassPolicy policy)
    {
        if (_log is null) return new(PolicyOutcome.ClassUnknown, null, $"There is no class {_id}.");
        Instant now = clock.Read().Now;
        Roll(now);
        ClassPolicies policies = Settled();
        if (basedOnVersion != policies.Newest.Version)
            return new(PolicyOutcome.VersionConflict, policies, $"The newest version is {policies.Newest.Version}: read it and try again.");
        IReadOnlyList<PolicyError> errors = PolicyRules.Check(policy, policies.TimeZone);
        if (errors.Count > 0) return new(PolicyOutcome.Invalid, policies, string.Join(Environment.NewLine, errors));
        if (PolicySchedule.NotChangeable(policies.Current, policy) is { } field)
            return new(PolicyOutcome.NotChangeable, policies, $"{field} cannot change once a class is founded: found another class.");

        ClassPolicies next = policies with
        {
            Next = policy with { Version = policies.Newest.Version + 1 },
            NextFromSlice = PolicySchedule.FromSlice(policies.Current, policy, policies.TimeZone, now),
        };
        await Write(Checkpoint() with { Policies = next });

        // An accepted change survives a power cut too, as an admission does.
        await checkpoints.FlushAsync(CancellationToken.None);
        return new(PolicyOutcome.Accepted, next);
    }

    /// <summary>The policies, with one that has come into force as the current one.</summary>
    private ClassPolicies Settled()
    {
        ClassPolicies policies = state.State.Policies!;
        bool settled = policies.Next is not null && ReferenceEquals(_inForce, policies.Next);
        return settled ? policies with { Current = policies.Next!, Next = null, NextFromSlice = 0 } : policies;
    }
}
