using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Governance;
using CoopGrid.Domain.Pricing;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Bank;

/// <summary>
/// Keeps the history that a class's members save by (SPEC.md §8).
/// <list type="number">
/// <item>A slice is added once it is closed and the periods in it are priced: then nothing of it changes any more.</item>
/// <item>It is made of what is stored: the closed slices, the price's rows, the policies, the announced epochs. So an activation that goes on from an older checkpoint
/// comes to the same history, and what members have settled by stays true.</item>
/// <item>It begins with the first slice in which a policy with a share was in force, and never ends.</item>
/// </list>
/// </summary>
internal sealed class ClassBank
{
    private const int RowsRead = 4096;

    private readonly ClassId _class;
    private readonly IPriceHistory _prices;
    private readonly BankHistory _history;
    private StoredBankHistory? _stored;

    // Rows that were read last, and the one that slices have come to: both only go on.
    private IReadOnlyList<PricePeriod> _rows = [];
    private int _row;

    private ClassBank(ClassId @class, IPriceHistory prices, BankHistory history) => (_class, _prices, _history) = (@class, prices, history);

    /// <summary>The history as a checkpoint keeps it.</summary>
    public StoredBankHistory Stored => _stored ??= StoredBankHistory.From(_history.Snapshot());

    /// <summary>The bank of a class; null while none was ever in force.</summary>
    /// <param name="openSlice">The first slice that is not closed.</param>
    public static ClassBank? Open(ClassId @class, StoredBankHistory? stored, PolicyHistory policies, long openSlice, IPriceHistory prices)
    {
        if (stored is not null) return new(@class, prices, BankHistory.Restore(stored.ToSnapshot()));
        PolicyVersion? first = policies.Versions
            .Where(version => version.Policy.Bank.SharePermille > 0 && policies.InForceAt(version.FromSlice) == version)
            .MinBy(version => version.FromSlice);
        return first is null || first.FromSlice > openSlice
            ? null
            : new(@class, prices, new(BankTerms.Of(first.Policy, first.Policy.Bank, first.FromSlice, startsEpoch: false)));
    }

    /// <summary>Whether a slice is in the history, or before it.</summary>
    public bool IsFinal(long slice) => slice <= _history.FinalThrough;

    /// <summary>What a gate does not know yet; null if that is nothing.</summary>
    public BankNews? News(long through) => through >= _history.FinalThrough ? null : BankMapping.ToNews(_history, through);

    /// <summary>Adds the slices that have become final.</summary>
    /// <param name="openPeriod">The first control period that is not closed.</param>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> Follow(PolicyHistory policies, EpochPlan epochs, long openSlice, long openPeriod)
    {
        long before = _history.FinalThrough;
        while (_history.FinalThrough + 1 is var slice && slice < openSlice)
        {
            ClassPolicy policy = policies.Newest;
            long first = PriceRule.PeriodAt(policy, policy.Window.StartOf(slice));
            long last = PriceRule.PeriodAt(policy, policy.Window.StartOf(slice + 1)) - 1;

            // A period's row prices the next one.
            if (openPeriod < last) break;
            PeakCount peaks = await Count(first, last);
            AddTerms(policies, epochs, slice + 1);
            _history.Close(slice, peaks.IsOffPeak);
        }

        if (_history.FinalThrough == before) return false;
        _stored = null;
        return true;
    }

    private void AddTerms(PolicyHistory policies, EpochPlan epochs, long slice)
    {
        // Before the first epoch nothing is counted by epochs, and nothing decays.
        bool starts = slice > epochs.First && epochs.At(slice)!.First == slice;
        ClassPolicy policy = policies.InForceAt(slice).Policy;
        BankTerms last = _history.Terms[^1], terms = BankTerms.Of(policy, policy.Bank, slice, starts);
        if (starts || terms != last with { FromSlice = slice, StartsEpoch = false }) _history.Add(terms);
    }

    private async Task<PeakCount> Count(long first, long last)
    {
        PeakCount count = default;
        while (first <= last)
        {
            while (_row < _rows.Count && _rows[_row].Period + _rows[_row].Count < first) _row++;
            if (_row == _rows.Count)
            {
                (_rows, _row) = (await _prices.ReadAsync(_class, first - 1, RowsRead, CancellationToken.None), 0);
                if (_rows.Count == 0) break;
            }

            // Before the first row of all there was no price.
            PricePeriod row = _rows[_row];
            long from = Math.Max(first, row.Period + 1), until = Math.Min(last, row.Period + row.Count);
            if (from <= until) count = count.With(row.MultiplierPermille, until - from + 1);
            first = until + 1;
        }

        return count;
    }
}
