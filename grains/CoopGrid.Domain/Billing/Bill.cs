using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing;

/// <summary>A member's invoice for an epoch; once it has a number it never changes.</summary>
public sealed record Bill
{
    /// <summary>1 for the co-op's first bill, one more with each; 0 for a projected bill, which is none yet.</summary>
    public long Number { get; init; }

    public required MemberId Member { get; init; }

    public required ClassEpoch Epoch { get; init; }

    /// <summary>In the order of their kinds.</summary>
    public required ImmutableArray<BillLine> Lines { get; init; }

    /// <summary>Micro-credits of all lines but credits: what the co-op earns by it.</summary>
    public required long Charges { get; init; }

    /// <summary>Micro-credits to be paid; below 0 in the member's favour.</summary>
    public required long Total { get; init; }

    public bool IsProjected => Number == 0;

    /// <summary>A bill of lines that are in their order, with its sums; it has no number yet.</summary>
    /// <exception cref="OverflowException">A sum does not fit 64 bits.</exception>
    public static Bill Of(MemberId member, ClassEpoch epoch, ImmutableArray<BillLine> lines)
    {
        long charges = 0, credits = 0;
        foreach (BillLine line in lines)
        {
            if (line.Kind == BillLineKind.Credit) credits += line.Amount;
            else charges += line.Amount;
        }

        return new() { Member = member, Epoch = epoch, Lines = lines, Charges = charges, Total = charges + credits };
    }
}
