using CoopGrid.Model;

namespace CoopGrid.Domain.Tests.Market;

/// <summary>The auction unit by unit, as one would hold it in a room: every unit of every bid is a card, and cards are taken one by one.</summary>
internal static class ClearingOracle
{
    /// <summary>One unit/s of a bid.</summary>
    private sealed record Card(Bid Bid);

    public static (long Price, Dictionary<long, (long Won, long Rejected, long OverCap, long Below)> Bids) Clear(
        IEnumerable<Bid> bids, long sellable, long reserve, long cap)
    {
        List<Card> all = [.. bids.SelectMany(bid => Enumerable.Range(0, (int)bid.UnitsPerSecond).Select(_ => new Card(bid)))];
        List<Card> below = [.. all.Where(card => card.Bid.UnitPrice < reserve)];
        List<Card> table = [.. all.Where(card => card.Bid.UnitPrice >= reserve)];
        List<Card> overCap = [];
        foreach (string member in table.Select(card => card.Bid.Member).Distinct().ToList())
        {
            while (table.Count(card => card.Bid.Member == member) > cap)
            {
                Card worst = Worst(table.Where(card => card.Bid.Member == member));
                table.Remove(worst);
                overCap.Add(worst);
            }
        }

        List<Card> rejected = [];
        while (table.Count > sellable)
        {
            Card worst = Worst(table);
            table.Remove(worst);
            rejected.Add(worst);
        }

        long price = rejected.Count == 0 ? reserve : rejected.Max(card => card.Bid.UnitPrice);
        return (price, bids.ToDictionary(bid => bid.Number, bid => (Of(table, bid), Of(rejected, bid), Of(overCap, bid), Of(below, bid))));
    }

    private static long Of(List<Card> cards, Bid bid) => cards.Count(card => card.Bid.Number == bid.Number);

    /// <summary>The lowest price; among those the latest; among those the highest number.</summary>
    private static Card Worst(IEnumerable<Card> cards)
    {
        Card? worst = null;
        foreach (Card card in cards)
        {
            if (worst is null || IsWorse(card.Bid, worst.Bid)) worst = card;
        }

        return worst!;
    }

    private static bool IsWorse(Bid a, Bid b)
    {
        if (a.UnitPrice != b.UnitPrice) return a.UnitPrice < b.UnitPrice;
        if (a.At != b.At) return a.At > b.At;
        return a.Number > b.Number;
    }
}
