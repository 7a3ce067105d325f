using System.Collections.Immutable;
using CoopGrid.Domain.Usage;

namespace CoopGrid.Domain.Billing;

/// <summary>
/// A member's sums by epoch, as its account keeps them.
/// <list type="number">
/// <item>Held is an <see cref="EpochUsage"/> for every epoch that the member has begun, until the class has billed it; each fact goes to the one
/// that holds its slice.</item>
/// <item>An epoch begins with the first fact that counts in it. One that never began is known without being held: nothing was used, and the slices
/// of enrolment follow from when the member joined and left.</item>
/// <item>Facts of slices that no epoch holds count nowhere.</item>
/// </list>
/// A struct, embedded by one owner and never handed out.
/// </summary>
internal struct MemberEpochs()
{
    private const long Never = long.MaxValue;

    // Ascending; one most of the time, two while an epoch's units may still be given back or its bills are being made.
    private EpochUsage[] _held = [];
    private long _enrolledIn = Never;
    private long _leftIn = Never;
    private long _firstUnbilled;

    /// <summary>Whether the epoch that holds a slice has begun.</summary>
    public readonly bool Counts(long slice) => Find(slice) is not null;

    /// <summary>Begins an epoch, and lets go of those that are billed.</summary>
    public void Begin(EpochBegan began)
    {
        _firstUnbilled = Math.Max(_firstUnbilled, began.FirstUnbilled);
        long first = _firstUnbilled;
        _held = [.. _held.Where(usage => usage.Epoch.Number >= first).Append(Open(began.Epoch)).OrderBy(usage => usage.Epoch.Number)];
    }

    /// <summary>The slice that the member joined in; <see cref="long.MinValue"/> if that is not known, and long ago; null before.</summary>
    public readonly long? EnrolledIn => _enrolledIn == Never ? null : _enrolledIn;

    /// <summary>Notes what decayed of the member's bank when an epoch was over; one that never began is begun for it, one that is billed is no longer held.</summary>
    public void Decay(EpochSlices epoch, long units)
    {
        if (epoch.Number < _firstUnbilled) return;
        EpochUsage? held = Find(epoch.First);
        if (held is null) _held = [.. _held.Append(held = Open(epoch)).OrderBy(usage => usage.Epoch.Number)];
        held.Decay(units);
    }

    public void Enrol(long slice) => _enrolledIn = slice;

    public void Leave(long slice)
    {
        _leftIn = slice;
        foreach (EpochUsage usage in _held) usage.Leave(slice);
    }

    public readonly void Add(Admitted admitted) => Find(admitted.Slice)?.Add(admitted);

    public readonly void Add(Cancelled cancelled, Admitted admitted) => Find(cancelled.AdmittedSlice)?.Add(cancelled, admitted);

    public readonly void Add(UsageReported reported)
    {
        foreach (EpochUsage usage in _held) usage.Add(reported);
    }

    /// <summary>The figures of an epoch up to and with a slice; null if it is billed, and so no longer held.</summary>
    public readonly MemberFigures? FiguresOf(EpochSlices epoch, long slice)
    {
        if (epoch.Number < _firstUnbilled) return null;
        EpochUsage? held = Array.Find(_held, usage => usage.Epoch.Number == epoch.Number);
        return (held ?? Open(epoch)).FiguresThrough(slice);
    }

    public readonly MemberEpochsSnapshot Snapshot() => new()
    {
        EnrolledIn = _enrolledIn == Never ? null : _enrolledIn,
        LeftIn = _leftIn == Never ? null : _leftIn,
        FirstUnbilled = _firstUnbilled,
        Held = [.. _held.Select(usage => new EpochSums(usage.Epoch, usage.Snapshot()))],
    };

    public static MemberEpochs Restore(MemberEpochsSnapshot snapshot) => new()
    {
        _held = [.. snapshot.Held.Select(sums => EpochUsage.Restore(sums.Epoch, sums.Sums))],
        _enrolledIn = snapshot.EnrolledIn ?? Never,
        _leftIn = snapshot.LeftIn ?? Never,
        _firstUnbilled = snapshot.FirstUnbilled,
    };

    private readonly EpochUsage? Find(long slice)
    {
        // The newest first: nearly every fact is of the running epoch.
        for (int i = _held.Length - 1; i >= 0; i--)
        {
            if (_held[i].Epoch.Holds(slice)) return _held[i];
        }

        return null;
    }

    private readonly EpochUsage Open(EpochSlices epoch)
    {
        var usage = new EpochUsage(epoch);
        if (_enrolledIn != Never) usage.Enrol(_enrolledIn);
        if (_leftIn != Never) usage.Leave(_leftIn);
        return usage;
    }
}

/// <summary>A member's sums by epoch at one entry. <c>new()</c> is a member that never joined.</summary>
public sealed record MemberEpochsSnapshot
{
    /// <summary>The slice that the member joined in; <see cref="long.MinValue"/> if that is not known, and long ago.</summary>
    public long? EnrolledIn { get; init; }

    /// <summary>The slice that it left in; null if it did not.</summary>
    public long? LeftIn { get; init; }

    /// <summary>The number of the first epoch whose bills are not made; what is before it is no longer held.</summary>
    public long FirstUnbilled { get; init; }

    /// <summary>Ascending.</summary>
    public ImmutableArray<EpochSums> Held { get; init; } = [];
}

/// <summary>One epoch's sums of a member.</summary>
/// <param name="Epoch">The epoch.</param>
/// <param name="Sums">Of its number.</param>
public sealed record EpochSums(EpochSlices Epoch, EpochUsageSnapshot Sums);
