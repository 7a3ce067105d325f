using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Pricing;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Bank;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Capacity;

/// <summary>What a gate knows of its class between two signals. Immutable: a decision reads one view from beginning to end.</summary>
internal sealed class ClassView
{
    private readonly Dictionary<long, int>? _sliceMultipliers;

    public ClassView(ClassSignal signal, ClassView? before)
    {
        Signal = signal;
        Policies = signal.Policies ?? throw new InvalidOperationException("A class without policies has no view.");
        Current = Reuse(Policies.Current, before);
        Next = Policies.Next is null ? null : Reuse(Policies.Next, before);
        if (signal.Schedule is { } schedule)
            Epochs = schedule.Equals(before?.Epochs?.Schedule) ? before.Epochs : new(schedule, Policies.Current.Window, Policies.TimeZone);
        Bank = BankMapping.After(before?.Bank, signal.Bank);
        if (!signal.SliceMultipliers.IsEmpty)
            _sliceMultipliers = signal.SliceMultipliers.ToDictionary(point => point.Slice, point => point.Permille);
    }

    public ClassSignal Signal { get; }

    public ClassPolicies Policies { get; }

    /// <summary>The class's epochs; null if none are announced, and then nothing counts by epochs.</summary>
    public EpochPlan? Epochs { get; }

    /// <summary>By what members save; null in a class that never had a bank. Never changed: a longer one takes its place.</summary>
    public BankHistory? Bank { get; }

    private PolicyPlan Current { get; }

    public PolicyPlan? Next { get; }

    /// <summary>The policy in force in a slice, with its plan.</summary>
    public PolicyPlan At(long slice) => Next is not null && slice >= Policies.NextFromSlice ? Next : Current;

    /// <summary>What a decision at this moment goes by.</summary>
    public Conditions Conditions(Reading reading, PolicyPlan plan, long mark) => new(
        reading.Now,
        reading.Micros,
        plan.Policy,
        new Mean(Signal.UsageUnits, Signal.Members),
        Signal.MultiplierPermille,
        mark,
        PriceRule.PeriodAt(plan.Policy, reading.Now)) { Bank = Bank };

    /// <summary>The multiplier of a finished slice; one older than all that are known was priced at 1000.</summary>
    public int SliceMultiplier(long slice) => _sliceMultipliers?.GetValueOrDefault(slice, 1000) ?? 1000;

    private static PolicyPlan Reuse(ClassPolicy policy, ClassView? before)
    {
        if (before?.Current.Policy.Version == policy.Version) return before.Current;
        return before?.Next?.Policy.Version == policy.Version ? before.Next : new(policy, CapacityPlan.From(policy));
    }
}

/// <summary>A policy and what follows from it for handing out room.</summary>
internal sealed record PolicyPlan(ClassPolicy Policy, CapacityPlan Plan);
