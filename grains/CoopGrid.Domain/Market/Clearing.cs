using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>
/// Clears one slot's sealed bids at a uniform price (SPEC.md §7). Bids are taken by price, the highest first; among equal prices by time,
/// then by number. Of each member the units beyond its cap are taken away first, from its last bids in that order. What is left is sold down the order until
/// all that can be sold is; the bid in which it ends is filled in part. The price is that of the highest rejected unit, or the reserve price.
/// Bids below the reserve price take no part: they never win, use up nobody's cap and are not rejected quantity.
/// <list type="number">
/// <item>Never oversold; and no unit is rejected while any is unsold.</item>
/// <item>Nobody pays above its bid, nor below the reserve price.</item>
/// <item>Every winning unit stands before every rejected one: its price is no lower, and if it is the same, its time is no later.</item>
/// <item>The price is the highest rejected unit's if there is one, else the reserve price.</item>
/// <item>No member wins more than its cap; what is over the cap does not move the price.</item>
/// <item>Each bid's units are won, rejected, over the cap or below the reserve price, and add up.</item>
/// <item>The order of the input does not matter.</item>
/// <item>Raising a bid's price, a losing one's too, never lowers the clearing price, nor what the bid wins.</item>
/// <item>A bid that won wholly would win the same at the same price however much higher it had been.</item>
/// <item>With more to sell, the price is no higher and every bid wins no less.</item>
/// </list>
/// </summary>
public static class Clearing
{
    /// <summary>Clears the bids.</summary>
    /// <param name="bids">Bids with units above 0 and with numbers of their own.</param>
    /// <param name="terms">What can be sold, the reserve price and the cap.</param>
    /// <exception cref="ArgumentException">Two bids have one number.</exception>
    public static ClearingResult Clear(IEnumerable<Bid> bids, SlotTerms terms)
    {
        Bid[] order = [.. bids];
        Array.Sort(order, Precedence);
        long left = terms.SellableUnitsPerSecond;
        long? highestRejected = null;
        Dictionary<string, long> counted = new(StringComparer.Ordinal);
        SortedDictionary<long, Award> awards = [];
        foreach (Bid bid in order)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bid.UnitsPerSecond, nameof(bids));
            bool takesPart = bid.UnitPrice >= terms.ReservePrice;
            long before = counted.GetValueOrDefault(bid.Member);
            long within = takesPart ? Math.Min(bid.UnitsPerSecond, terms.MemberCapUnitsPerSecond - before) : 0;
            counted[bid.Member] = before + within;

            long won = Math.Min(within, left);
            left -= won;
            if (within > won) highestRejected ??= bid.UnitPrice;
            awards.Add(bid.Number, new(bid.Number, bid.Member, won, within - won, takesPart ? bid.UnitsPerSecond - within : 0)
            {
                BelowReserveUnitsPerSecond = takesPart ? 0 : bid.UnitsPerSecond,
            });
        }

        return new(highestRejected ?? terms.ReservePrice, terms.SellableUnitsPerSecond - left, [.. awards.Values]);
    }

    private static int Precedence(Bid a, Bid b)
    {
        int byPrice = b.UnitPrice.CompareTo(a.UnitPrice);
        if (byPrice != 0) return byPrice;
        int byTime = a.At.CompareTo(b.At);
        return byTime != 0 ? byTime : a.Number.CompareTo(b.Number);
    }
}

/// <summary>What a slot's bids come to.</summary>
/// <param name="UnitPrice">The clearing price that all pay, in micro-credits per unit.</param>
/// <param name="SoldUnitsPerSecond">What was sold in all.</param>
/// <param name="Awards">What became of each bid, by its number.</param>
public sealed record ClearingResult(long UnitPrice, long SoldUnitsPerSecond, ImmutableArray<Award> Awards);
