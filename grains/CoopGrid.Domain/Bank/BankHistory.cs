using System.Collections.Immutable;

namespace CoopGrid.Domain.Bank;

/// <summary>A run of slices that are all off-peak, or all not.</summary>
/// <param name="FromSlice">Its first slice; it ends before the next run's.</param>
/// <param name="OffPeak">What they are.</param>
public readonly record struct PeakRun(long FromSlice, bool OffPeak);

/// <summary>All that a <see cref="BankHistory"/> consists of, as a class stores and publishes it.</summary>
/// <param name="Terms">From which slice on which terms hold, ascending.</param>
/// <param name="Runs">Alternating runs of final slices, ascending.</param>
/// <param name="FinalThrough">The last final slice.</param>
public sealed record BankHistorySnapshot(ImmutableArray<BankTerms> Terms, ImmutableArray<PeakRun> Runs, long FinalThrough);

/// <summary>
/// What a class publishes for its members' banks: which final slices were off-peak, as running counts, and by which terms.
/// <list type="number">
/// <item>Slices become final in their order, without a gap, and stay what they are.</item>
/// <item>How many slices of a span were off-peak is the difference of two running counts: O(log runs), however long the span. Memory is one entry for each
/// change between peak and off-peak, and one for each epoch or change of policy.</item>
/// <item>The terms of a slice are known before its predecessor is final; so whoever has the last slice of an epoch has the decay that follows it.</item>
/// </list>
/// Not thread-safe: its holder has one writer at a time.
/// </summary>
public sealed class BankHistory
{
    private readonly List<BankTerms> _terms;
    private readonly List<PeakRun> _runs = [];

    // By run: how many slices before it were off-peak.
    private readonly List<long> _before = [];

    /// <summary>A history that starts with these terms; none of their slices is final yet.</summary>
    public BankHistory(BankTerms first)
    {
        _terms = [first];
        FinalThrough = first.FromSlice - 1;
    }

    /// <summary>The first slice that is known here.</summary>
    public long FirstSlice => _terms[0].FromSlice;

    /// <summary>The last final slice; the one before <see cref="FirstSlice"/> while there is none.</summary>
    public long FinalThrough { get; private set; }

    /// <summary>Ascending by the slice that they hold from.</summary>
    public IReadOnlyList<BankTerms> Terms => _terms;

    public static BankHistory Restore(BankHistorySnapshot snapshot)
    {
        var history = new BankHistory(snapshot.Terms[0]);
        history._terms.AddRange(snapshot.Terms.AsSpan(1..));
        history.Close(snapshot);
        return history;
    }

    public BankHistorySnapshot Snapshot() => new([.. _terms], [.. _runs], FinalThrough);

    /// <summary>Adds the terms of an epoch or of a changed policy.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They do not follow the last ones, or come when the slice before them is already final.</exception>
    public void Add(BankTerms terms)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(terms.FromSlice, Math.Max(_terms[^1].FromSlice, FinalThrough + 1));
        _terms.Add(terms);
    }

    /// <summary>Makes all slices after <see cref="FinalThrough"/> and up to <paramref name="last"/> final; an earlier one changes nothing.</summary>
    public void Close(long last, bool offPeak)
    {
        if (last <= FinalThrough) return;
        if (_runs.Count == 0 || _runs[^1].OffPeak != offPeak)
        {
            _before.Add(OffPeakThrough(FinalThrough));
            _runs.Add(new(FinalThrough + 1, offPeak));
        }

        FinalThrough = last;
    }

    /// <summary>What follows on a history that goes through a slice; all of it for whoever has none, or too little to go on from.</summary>
    public BankHistorySnapshot After(long slice)
    {
        BankHistorySnapshot all = Snapshot();
        if (slice < FirstSlice - 1) return all;
        PeakRun[] runs = [.. _runs.Where((run, place) => (place + 1 == _runs.Count ? FinalThrough : _runs[place + 1].FromSlice - 1) > slice)];
        if (runs.Length > 0) runs[0] = runs[0] with { FromSlice = Math.Max(runs[0].FromSlice, slice + 1) };
        return new([.. _terms.Where(terms => terms.FromSlice > slice + 1)], [.. runs], FinalThrough);
    }

    /// <summary>A longer history: this one, with what follows on it (<see cref="After"/>). This one stays as it is.</summary>
    public BankHistory With(BankHistorySnapshot more)
    {
        BankHistory longer = Restore(Snapshot());
        foreach (BankTerms terms in more.Terms)
        {
            // Terms may be known long before their slice.
            if (terms.FromSlice > longer._terms[^1].FromSlice) longer.Add(terms);
        }

        longer.Close(more);
        return longer;
    }

    /// <summary>Whether a final slice was off-peak.</summary>
    public bool IsOffPeak(long slice) => slice >= FirstSlice && slice <= FinalThrough && _runs[RunOf(slice)].OffPeak;

    /// <summary>How many of the final slices up to <paramref name="slice"/> were off-peak.</summary>
    public long OffPeakThrough(long slice)
    {
        long last = Math.Min(slice, FinalThrough);
        if (last < FirstSlice) return 0;
        int run = RunOf(last);
        return _before[run] + (_runs[run].OffPeak ? last - _runs[run].FromSlice + 1 : 0);
    }

    /// <summary>The place in <see cref="Terms"/> of those that hold for a slice from <see cref="FirstSlice"/> on.</summary>
    public int TermsOf(long slice)
    {
        int low = 0, high = _terms.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_terms[middle].FromSlice <= slice) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    private void Close(BankHistorySnapshot snapshot)
    {
        for (int i = 0; i < snapshot.Runs.Length; i++)
        {
            long last = i + 1 < snapshot.Runs.Length ? snapshot.Runs[i + 1].FromSlice - 1 : snapshot.FinalThrough;
            Close(last, snapshot.Runs[i].OffPeak);
        }
    }

    private int RunOf(long slice)
    {
        int low = 0, high = _runs.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_runs[middle].FromSlice <= slice) low = middle;
            else high = middle - 1;
        }

        return low;
    }
}
