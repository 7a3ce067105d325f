using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing;

/// <summary>
/// A class's S and M by epoch, fed with what its members' accounts change, in any order.
/// <list type="number">
/// <item>S is the units of the epoch's slices. M is what it will be if nobody joins or leaves any more: whoever joins in a slice counts from it to the epoch's end, and a
/// leaver, whose change is of the slice after its last one, counts no more from there; who is there before the epoch counts for all of it.</item>
/// <item>Epochs are opened without gaps, each before the first change of its slices, and at the latest when it runs.</item>
/// <item>Once all is heard, S and M are the sums of the members' u_i and n_i (<see cref="EpochUsage"/>).</item>
/// </list>
/// </summary>
public sealed class ClassEpochs
{
    // Late totals that are kept: of more epochs than late units are taken for.
    private const int LateKept = 64;

    private readonly List<EpochTotals> _all = [];
    private readonly SortedDictionary<long, long> _late = [];

    /// <summary>The class's epochs; null until they are known, and then nothing is counted.</summary>
    public EpochPlan? Plan { get; set; }

    /// <summary>Ascending, without gaps.</summary>
    public IReadOnlyList<EpochTotals> All => _all;

    /// <summary>Units by epoch that came after their slice was closed, ascending. They are in no S: they are adjustments of bills.</summary>
    public IEnumerable<LateTotal> Late => _late.Select(total => new LateTotal(total.Key, total.Value));

    /// <summary>The late total of an epoch.</summary>
    public long LateOf(long number) => _late.GetValueOrDefault(number);

    /// <summary>The epoch of a number, or null.</summary>
    public EpochTotals? Of(long number) => _all.Find(totals => totals.Epoch.Number == number);

    /// <summary>The epoch that holds a slice, or null.</summary>
    public EpochTotals? At(long slice) => _all.Find(totals => totals.Epoch.Holds(slice));

    /// <summary>Opens the epochs up to the one that holds a slice.</summary>
    /// <param name="members">N.</param>
    public void Roll(long slice, long members)
    {
        while (Plan is { } plan && (_all.Count == 0 ? plan.First : _all[^1].Epoch.End) is var next && slice >= next)
        {
            EpochSlices epoch = plan.At(next)!;
            _all.Add(new() { Epoch = epoch, MemberSlices = members * epoch.Count });
        }
    }

    /// <summary>Counts a change.</summary>
    /// <param name="members">N before it.</param>
    /// <exception cref="OverflowException">A sum does not fit 64 bits.</exception>
    public void Add(in SliceChange change, long members)
    {
        Roll(change.Slice, members);
        if (change.LateUnits != 0 && Plan?.At(change.Slice) is { } late) AddLate(late.Number, change.LateUnits);
        for (int i = 0; i < _all.Count; i++)
        {
            EpochTotals totals = _all[i];
            if (change.Slice >= totals.Epoch.End) continue;
            long slices = totals.Epoch.End - Math.Max(change.Slice, totals.Epoch.First);
            _all[i] = totals with
            {
                Usage = totals.Usage + (totals.Epoch.Holds(change.Slice) ? change.Units : 0),
                MemberSlices = totals.MemberSlices + (change.Members * slices),
            };
        }
    }

    private void AddLate(long number, long units)
    {
        _late[number] = LateOf(number) + units;
        while (_late.Count > LateKept) _late.Remove(_late.Keys.First());
    }

    /// <summary>Fixes what running and past epochs are rated by: the policy of their first slice.</summary>
    public void Rate(long running, Func<long, ClassPolicy> policyAt)
    {
        for (int i = _all.Count - 1; i >= 0 && _all[i].Tariff is null; i--)
        {
            if (_all[i].Epoch.First > running) continue;
            ClassPolicy policy = policyAt(_all[i].Epoch.First);
            _all[i] = _all[i] with { PolicyVersion = policy.Version, Tariff = policy.Tariff };
        }
    }

    /// <summary>Lets go of the epochs before a number; the newest one stays.</summary>
    public void DropBefore(long number) => _all.RemoveAll(totals => totals.Epoch.Number < number && totals != _all[^1]);

    /// <summary>What an epoch's bills are rated against; null before its first slice has come.</summary>
    public ClassFigures? FiguresOf(ClassId @class, EpochTotals totals) => totals.Tariff is not { } tariff ? null : new()
    {
        Epoch = new(@class, totals.Epoch.Number),
        Usage = totals.Usage,
        MemberSlices = totals.MemberSlices,
        Slices = totals.Epoch.Count,
        PolicyVersion = totals.PolicyVersion,
        Tariff = tariff,
        Previous = Of(totals.Epoch.Number - 1) is { } before ? new(before.Epoch.Number, before.Usage, before.MemberSlices) : null,
    };

    /// <summary>The sums as they were checkpointed.</summary>
    /// <param name="late">As <see cref="Late"/> gave it.</param>
    public static ClassEpochs Restore(IEnumerable<EpochTotals> totals, IEnumerable<LateTotal> late)
    {
        var epochs = new ClassEpochs();
        epochs._all.AddRange(totals);
        foreach (LateTotal total in late) epochs._late[total.Epoch] = total.Units;
        return epochs;
    }
}

/// <summary>Units that came after their slice was closed.</summary>
/// <param name="Epoch">The number of the epoch they were used in.</param>
/// <param name="Units">Above 0.</param>
public readonly record struct LateTotal(long Epoch, long Units);

/// <summary>One epoch of a class.</summary>
public sealed record EpochTotals
{
    public required EpochSlices Epoch { get; init; }

    /// <summary>S so far.</summary>
    public long Usage { get; init; }

    /// <summary>M if nobody joins or leaves any more.</summary>
    public long MemberSlices { get; init; }

    /// <summary>The policy of the epoch's first slice; 0 before that has come.</summary>
    public int PolicyVersion { get; init; }

    /// <summary>That policy's tariff; null before the first slice has come.</summary>
    public TariffPolicy? Tariff { get; init; }
}
