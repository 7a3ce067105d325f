using System.Collections.Immutable;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Governance;
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
    private readonly Dictionary<string, EmergencyView>? _suspended;
    private readonly ClassId _class;

    /// <param name="now">The gate's time: what of the class's emergency actions is in force.</param>
    public ClassView(ClassId @class, ClassSignal signal, ClassView? before, Instant now)
    {
        _class = @class;

        // A class of an earlier version says nothing of emergencies.
        Signal = signal.Emergencies.IsDefault ? signal with { Emergencies = [] } : signal;
        Policies = signal.Policies ?? throw new InvalidOperationException("A class without policies has no view.");
        Current = Reuse(Policies.Current, before, now);
        Next = Policies.Next is null ? null : Reuse(Policies.Next, before, now);
        foreach (EmergencyView emergency in Signal.Emergencies)
        {
            if (emergency.Action is not SuspendMember { Member: var member }) continue;
            _suspended ??= [];
            if (!_suspended.TryGetValue(member, out EmergencyView? longer) || longer.EndsAt < emergency.EndsAt) _suspended[member] = emergency;
        }

        if (signal.Schedule is { } schedule)
            Epochs = schedule.Equals(before?.Epochs?.Schedule) ? before.Epochs : new(schedule, Policies.Current.Window, Policies.TimeZone);
        Bank = BankMapping.After(before?.Bank, signal.Bank);
        Backed = new(Math.Max(signal.TicketsFrom, before?.Backed.From ?? 0), Math.Max(signal.TicketsThrough, before?.Backed.Through ?? 0));
        if (!signal.SliceMultipliers.IsEmpty)
            _sliceMultipliers = signal.SliceMultipliers.ToDictionary(point => point.Slice, point => point.Permille);
    }

    public ClassSignal Signal { get; }

    public ClassPolicies Policies { get; }

    /// <summary>The class's epochs; null if none are announced, and then nothing counts by epochs.</summary>
    public EpochPlan? Epochs { get; }

    /// <summary>By what members save; null in a class that never had a bank. Never changed: a longer one takes its place.</summary>
    public BankHistory? Bank { get; }

    /// <summary>The seconds whose tickets may be redeemed: what a class has said once stays true, whoever speaks for it next.</summary>
    public BackedSeconds Backed { get; }

    private PolicyPlan Current { get; }

    public PolicyPlan? Next { get; }

    /// <summary>The policy in force in a slice, with its plan.</summary>
    public PolicyPlan At(long slice) => Next is not null && slice >= Policies.NextFromSlice ? Next : Current;

    /// <summary>What a decision at this moment goes by.</summary>
    public Conditions Conditions(Reading reading, PolicyPlan plan, long mark, string member) => new(
        reading.Now,
        reading.Micros,
        plan.Policy,
        new Mean(Signal.UsageUnits, Signal.Members),
        Signal.MultiplierPermille,
        mark,
        PriceRule.PeriodAt(plan.Policy, reading.Now))
    {
        SuspendedFor = SuspensionOf(member, reading.Now)?.Reason,
        Bank = Bank,
        Backed = Backed,
    };

    /// <summary>The emergency action that suspends a member at a moment, or null. It lapses by the time, whether the class is heard or not.</summary>
    public EmergencyView? SuspensionOf(string member, Instant now) =>
        _suspended is not null && _suspended.TryGetValue(member, out EmergencyView? emergency) && emergency.IsInForceAt(now) ? emergency : null;

    /// <summary>The first slice whose multiplier is known here; what priced older ones is in the price history.</summary>
    public long FirstKnownSlice => Signal.SliceMultipliers.IsEmpty ? long.MaxValue : Signal.SliceMultipliers[0].Slice;

    /// <summary>The multiplier of a slice; null if the class has not told it, or no longer tells it.</summary>
    public int? SliceMultiplier(long slice) =>
        _sliceMultipliers is not null && _sliceMultipliers.TryGetValue(slice, out int multiplier) ? multiplier : null;

    private PolicyPlan Reuse(ClassPolicy policy, ClassView? before, Instant now)
    {
        IEnumerable<(int, EmergencyAction)> inForce =
            Signal.Emergencies.Where(emergency => emergency.IsInForceAt(now)).Select(emergency => (emergency.Number, emergency.Action));
        EffectivePolicy effective = EffectivePolicy.Of(_class.Class, policy, inForce, Policies.TimeZone);
        if (Is(before?.Current)) return before!.Current;
        return Is(before?.Next) ? before!.Next! : new(policy, CapacityPlan.From(effective.Policy), effective.Applied);

        bool Is(PolicyPlan? known) => known?.Policy.Version == policy.Version && known.Applied.SequenceEqual(effective.Applied);
    }
}

/// <summary>A policy and what follows from it for handing out room.</summary>
/// <param name="Policy">As it was voted.</param>
/// <param name="Plan">With the guarantees that emergency actions raise.</param>
/// <param name="Applied">The numbers of those actions.</param>
internal sealed record PolicyPlan(ClassPolicy Policy, CapacityPlan Plan, ImmutableArray<int> Applied);
