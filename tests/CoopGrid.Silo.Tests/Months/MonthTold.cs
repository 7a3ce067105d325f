using CoopGrid.Silo.Tests.Months.Audit;
using Xunit;

namespace CoopGrid.Silo.Tests.Months;

/// <summary>What callers were told in a month: it must be in the exported ledger and in the slots' books.</summary>
/// <param name="Unknown">How many sends have an outcome that no caller knows.</param>
internal sealed record MonthTold(IReadOnlyList<ToldSend> Sends, int Unknown, IReadOnlyList<MonthMarket> Markets)
{
    public void AssertIn(ExportedLedger ledger)
    {
        foreach (ToldSend send in Sends)
        {
            string left = ledger.ByKey[(send.Member, send.Key)].Units;
            Assert.True(left.Length <= send.Units - send.Returned, $"{send} is in the ledger as {left}.");
        }

        Assert.InRange(ledger.ByKey.Count, Sends.Count, Sends.Count + Unknown);
    }

    /// <summary>What was accepted is there once, also what was asked for while a silo died; and nothing else is.</summary>
    public void AssertIn(ExportedSlots slots) => Assert.Equal(
        Markets.SelectMany(market => market.Accepted).Order().Select(told => (told, 1)),
        slots.Accepted.OrderBy(accepted => accepted.Key).Select(accepted => (accepted.Key, accepted.Value)));
}
