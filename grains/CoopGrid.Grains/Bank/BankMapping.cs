using CoopGrid.Domain.Bank;
using CoopGrid.Interfaces;

namespace CoopGrid.Grains.Bank;

/// <summary>A class's bank history between the rules and the messages.</summary>
internal static class BankMapping
{
    /// <summary>What follows on a slice, for a gate that knows the history through it.</summary>
    public static BankNews ToNews(BankHistory history, long through)
    {
        bool whole = through < history.FirstSlice - 1;
        BankHistorySnapshot news = history.After(through);
        return new()
        {
            After = whole ? long.MinValue : through,
            Terms = [.. news.Terms.Select(terms => new BankTermsPoint(terms.FromSlice, terms.StartsEpoch, terms.BaselineUnits, terms.WindowSlices, terms.Bank))],
            Runs = [.. news.Runs.Select(run => new PeakRunPoint(run.FromSlice, run.OffPeak))],
            FinalThrough = news.FinalThrough,
        };
    }

    /// <summary>What a gate knows after news; news that do not follow on what it knows tell it nothing.</summary>
    public static BankHistory? After(BankHistory? known, BankNews? news)
    {
        if (news is null || news.FinalThrough <= known?.FinalThrough) return known;
        BankHistorySnapshot more = new(
            [.. news.Terms.Select(terms => new BankTerms(terms.FromSlice, terms.StartsEpoch, terms.BaselineUnits, terms.WindowSlices, terms.Bank))],
            [.. news.Runs.Select(run => new PeakRun(run.FromSlice, run.OffPeak))],
            news.FinalThrough);
        if (news.After == long.MinValue) return BankHistory.Restore(more);
        return known is not null && news.After == known.FinalThrough ? known.With(more) : known;
    }
}
