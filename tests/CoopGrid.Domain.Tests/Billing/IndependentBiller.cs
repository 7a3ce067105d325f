using System.Numerics;

namespace CoopGrid.Domain.Tests.Billing;

/// <summary>
/// Bills as SPEC.md §10 writes them, from a plain list of what happened, in big integers and one unit at a time. It shares no code with the
/// rules: neither their types, nor their rounding, nor their sums.
/// </summary>
internal sealed class IndependentBiller
{
    /// <summary>Units used in a slice: a letter for each, in the order of covering: e exempt, r reserved, b baseline, k banked, s surged.</summary>
    public sealed class Use(int member, long slice, string units, int multiplier, int version)
    {
        public int Member => member;

        public long Slice => slice;

        public string Units { get; set; } = units;

        public int Multiplier => multiplier;

        public int Version => version;
    }

    /// <summary>A line before rounding.</summary>
    public sealed record Line(string Kind, int Version, BigInteger Above, BigInteger Below)
    {
        public BigInteger Amount => Round(Above, Below);
    }

    /// <summary>The epoch's slices and tariff, and the S and M that overage is measured from.</summary>
    public sealed record Terms(long First, long End, int Version, BigInteger Fee, BigInteger Rate, BigInteger Comfort, BigInteger S, BigInteger M);

    public List<Use> Uses { get; } = [];

    /// <summary>Every slice at some instant of which a member was enrolled.</summary>
    public HashSet<(int Member, long Slice)> Enrolled { get; } = [];

    /// <summary>Half to even, by the definition.</summary>
    public static BigInteger Round(BigInteger above, BigInteger below)
    {
        BigInteger rest = BigInteger.Abs(above);
        BigInteger lower = rest / below;
        rest -= lower * below;
        if (2 * rest > below || (2 * rest == below && lower % 2 == 1)) lower += 1;
        return above < 0 ? -lower : lower;
    }

    public BigInteger S(long first, long end) => Uses.Where(use => use.Slice >= first && use.Slice < end).Aggregate(BigInteger.Zero, (sum, use) => sum + Counted(use));

    public BigInteger M(long first, long end) => Enrolled.Count(at => at.Slice >= first && at.Slice < end);

    public List<Line> Lines(int member, Terms terms)
    {
        List<Use> own = [.. Uses.Where(use => use.Member == member && use.Slice >= terms.First && use.Slice < terms.End)];
        BigInteger u = own.Aggregate(BigInteger.Zero, (sum, use) => sum + Counted(use));
        BigInteger enrolled = Enrolled.Count(at => at.Member == member && at.Slice >= terms.First && at.Slice < terms.End);
        List<Line> lines =
        [
            new("Fixed", terms.Version, terms.Fee * enrolled, terms.End - terms.First),
            new("Overage", terms.Version, terms.Rate * BigInteger.Max(0, (1000 * terms.M * u) - (terms.Comfort * terms.S * enrolled)), 1000 * terms.M),
        ];
        foreach (int version in own.Select(use => use.Version).Distinct().Order())
        {
            BigInteger weighted = 0;
            bool any = false;
            foreach (Use use in own.Where(use => use.Version == version && use.Multiplier > 1000))
            {
                foreach (char _ in use.Units.Where(unit => unit == 's'))
                {
                    weighted += use.Multiplier - 1000;
                    any = true;
                }
            }

            if (any) lines.Add(new("Surcharge", version, terms.Rate * weighted, 1000));
        }

        return lines;
    }

    private static int Counted(Use use) => use.Units.Count(unit => unit != 'r');
}

/// <summary>A running total of fractions, by the schoolbook.</summary>
internal sealed class PlainSum
{
    private BigInteger _above = 0;
    private BigInteger _below = 1;

    public void Add(BigInteger above, BigInteger below) => (_above, _below) = ((_above * below) + (above * _below), _below * below);

    public BigInteger Rounded => IndependentBiller.Round(_above, _below);
}
