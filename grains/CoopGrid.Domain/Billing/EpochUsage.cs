using System.Collections.Immutable;
using CoopGrid.Domain.Usage;

namespace CoopGrid.Domain.Billing;

/// <summary>
/// A member's sums of one epoch (SPEC.md §10), fed by the same facts as its account.
/// <list type="number">
/// <item>A fact counts in the epoch that holds its slice; what lies in another is passed over, so that two open epochs are fed alike.</item>
/// <item>A member enrolled at any instant of a slice counts for that slice, once, however often it joins and leaves in it.</item>
/// <item>What is given back returns in reverse order of covering, surged first, to the group that it was surged in.</item>
/// <item>A call that throws has changed nothing.</item>
/// </list>
/// 72 bytes, and 24 more for each group of surged units. Not thread-safe: its holder has one writer at a time.
/// </summary>
public sealed class EpochUsage(EpochSlices epoch)
{
    private const long NotEnrolled = long.MaxValue;

    // Whole arrays are swapped, so that nothing is half done; most members have none.
    private SurgedUnits[] _surged = [];

    // Slices before the enrolment that runs, and the first slice that it alone counts for.
    private long _counted;
    private long _from = NotEnrolled;

    // The last slice that an ended enrolment counted for.
    private long _leftIn = long.MinValue;

    public EpochSlices Epoch => epoch;

    /// <summary>u_i.</summary>
    public long Units { get; private set; }

    /// <summary>Units of the member's bank that decayed when the epoch was over.</summary>
    public long DecayedUnits { get; private set; }

    /// <summary>n_i if the member stays as it is to the epoch's end: with the epoch's own n, what is frozen.</summary>
    public long EnrolledSlices => EnrolledThrough(epoch.End - 1);

    /// <summary>n_i so far: slices up to <paramref name="slice"/>, the running one.</summary>
    public long EnrolledThrough(long slice)
    {
        long last = Math.Min(slice, epoch.End - 1);
        return _from <= last ? _counted + last - _from + 1 : _counted;
    }

    /// <summary>The member is enrolled from some instant of a slice on; a slice before the epoch is its first.</summary>
    /// <returns>Slices that this adds to n_i, and so to M, if nothing changes until the epoch's end.</returns>
    public long Enrol(long slice)
    {
        if (_from != NotEnrolled || slice >= epoch.End) return 0;
        long before = EnrolledSlices;
        _from = Math.Max(slice, epoch.First);
        if (_from <= _leftIn) _from = _leftIn + 1;
        return EnrolledSlices - before;
    }

    /// <summary>The member leaves at some instant of a slice, which still counts.</summary>
    /// <returns>Slices that this takes from n_i, and so from M: 0 or below.</returns>
    public long Leave(long slice)
    {
        if (_from == NotEnrolled || slice >= epoch.End) return 0;
        long before = EnrolledSlices;
        _counted = EnrolledThrough(slice);
        _leftIn = Math.Max(_leftIn, Math.Max(slice, _from - 1));
        _from = NotEnrolled;
        return EnrolledSlices - before;
    }

    /// <summary>Counts an admission.</summary>
    /// <exception cref="OverflowException">A sum does not fit 64 bits.</exception>
    public void Add(Admitted admitted)
    {
        // Reserved units are paid for ahead and count in neither u_i nor S (SPEC.md §3).
        if (epoch.Holds(admitted.Slice)) Add(admitted, admitted.CountedUnits, admitted.Covered.Surged);
    }

    /// <summary>Counts a cancel of an admission, in the epoch that the admission counted in.</summary>
    /// <param name="cancelled">The cancel.</param>
    /// <param name="admitted">The admission it gives back.</param>
    /// <exception cref="OverflowException">A sum does not fit 64 bits.</exception>
    public void Add(Cancelled cancelled, Admitted admitted)
    {
        if (!epoch.Holds(admitted.Slice)) return;
        var before = admitted.Covered.GiveBack(cancelled.ReturnedUnits - cancelled.Units);
        var after = admitted.Covered.GiveBack(cancelled.ReturnedUnits);
        Add(admitted, after.Total - after.Reserved - before.Total + before.Reserved, after.Surged - before.Surged);
    }

    /// <summary>Counts a meter's report, slice by slice.</summary>
    /// <exception cref="OverflowException">A sum does not fit 64 bits.</exception>
    public void Add(UsageReported reported)
    {
        MemberFigures used = MemberFigures.Used(reported.InTime, reported.PolicyVersion, epoch);
        long units = Units + used.Units;
        SurgedUnits[] surged = used.Surged.Length == 0 ? _surged : [.. _surged];
        foreach (SurgedUnits group in used.Surged) surged = SurgedUnits.Add(surged, group);
        (Units, _surged) = (units, surged);
    }

    /// <summary>Notes what decayed when the epoch was over.</summary>
    public void Decay(long units) => DecayedUnits += units;

    /// <summary>The frozen figures if the epoch has ended.</summary>
    public MemberFigures Figures() => FiguresThrough(epoch.End - 1);

    /// <summary>The figures so far, with the running slice: for a projected bill or an exit.</summary>
    public MemberFigures FiguresThrough(long slice) =>
        new() { Units = Units, EnrolledSlices = EnrolledThrough(slice), Surged = [.. _surged], DecayedUnits = DecayedUnits };

    /// <summary>The sums as a checkpoint keeps them.</summary>
    public EpochUsageSnapshot Snapshot() => new()
    {
        Epoch = epoch.Number,
        Units = Units,
        CountedSlices = _counted,
        EnrolledFrom = _from == NotEnrolled ? null : _from,
        LeftIn = _leftIn == long.MinValue ? null : _leftIn,
        Surged = [.. _surged],
        DecayedUnits = DecayedUnits,
    };

    /// <summary>The sums as they were checkpointed.</summary>
    /// <exception cref="ArgumentException">They are another epoch's.</exception>
    public static EpochUsage Restore(EpochSlices epoch, EpochUsageSnapshot snapshot)
    {
        if (snapshot.Epoch != epoch.Number) throw new ArgumentException($"The sums are of epoch {snapshot.Epoch}, not {epoch.Number}.", nameof(snapshot));
        return new(epoch)
        {
            Units = snapshot.Units,
            _counted = snapshot.CountedSlices,
            _from = snapshot.EnrolledFrom ?? NotEnrolled,
            _leftIn = snapshot.LeftIn ?? long.MinValue,
            _surged = [.. snapshot.Surged],
            DecayedUnits = snapshot.DecayedUnits,
        };
    }

    private void Add(Admitted admitted, long units, long surged)
    {
        // The units first: they bound the groups' sums, so the second step cannot throw when the first has passed.
        long sum = Units + units;
        _surged = SurgedUnits.Add(_surged, new(admitted.PolicyVersion, admitted.MultiplierPermille, surged, admitted.IsBeyondReservation));
        Units = sum;
    }
}

/// <summary>A member's sums of one epoch at one entry.</summary>
public sealed record EpochUsageSnapshot
{
    /// <summary>The epoch's number.</summary>
    public long Epoch { get; init; }

    public long Units { get; init; }

    /// <summary>Slices of enrolments that have ended.</summary>
    public long CountedSlices { get; init; }

    /// <summary>The first slice that the running enrolment alone counts for; null if the member is not enrolled.</summary>
    public long? EnrolledFrom { get; init; }

    /// <summary>The last slice that an ended enrolment counted for; null if none has ended.</summary>
    public long? LeftIn { get; init; }

    /// <summary>In the order of <see cref="SurgedUnits"/>.</summary>
    public ImmutableArray<SurgedUnits> Surged { get; init; } = [];

    public long DecayedUnits { get; init; }
}
