using System.Collections.Immutable;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Stored;
using CoopGrid.Grains.Ledger;

namespace CoopGrid.Grains.Billing;

/// <summary>The lines that wait for one member's bill of an epoch, and by which numbers the store knows them.</summary>
public readonly record struct HandedIn(ImmutableArray<BillLine> Lines, IReadOnlyList<long> Ids)
{
    /// <summary>What is beyond stands on the next bill; with the limit of each line it keeps a bill within 64 bits.</summary>
    public const int MostOnABill = 1000;

    /// <summary>
    /// Takes lines in the order in which they were handed in. One of a later epoch of the class waits for its own bill. A credit gets the epoch and
    /// policy version of the bill that it comes to stand on.
    /// </summary>
    public static HandedIn Of(IEnumerable<HandedInRow> rows, ClassFigures figures)
    {
        ImmutableArray<BillLine>.Builder lines = ImmutableArray.CreateBuilder<BillLine>();
        List<long> ids = [];
        foreach (HandedInRow row in rows)
        {
            BillLine line = BillCodec.DecodeLine(figures.Epoch.Class.Coop, row.Line);
            if (line.Epoch.Class == figures.Epoch.Class && line.Epoch.Number > figures.Epoch.Number) continue;
            lines.Add(line is CreditLine ? line with { Epoch = figures.Epoch, PolicyVersion = figures.PolicyVersion } : line);
            ids.Add(row.Id);
            if (ids.Count == MostOnABill) break;
        }

        return new(lines.DrainToImmutable(), ids);
    }
}
