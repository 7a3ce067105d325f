using System.Numerics;

namespace CoopGrid.Domain.Tests.Billing;

/// <summary>
/// Bills as SPEC.md §10 writes them, from a plain list of what happened, in big integers and one unit at a time. It shares no code with the
/// rules: neither their types, nor their rounding, nor their sums.
/// </summary>
internal sealed class IndependentBiller
{
    /// <summary>Units used in a slice: a letter for each, in the order of covering: e exempt, r reserved, b baseline, k banked, s surged.</summary>
    /// <param name="isBeyond">Whether the surged ones are beyond a reservation.</param>
    public sealed class Use(int member, long slice, string units, int multiplier, int version, bool isBeyond = false)
    {
        public int Member => member;

        public long Slice => slice;

        public string Units { get; set; } = units;

        public int Multiplier => multiplier;

        public int Version => version;

        public bool IsBeyond => isBeyond;
    }

    /// <summary>A line before rounding.</summary>
    public sealed record Line(string Kind, int Version, BigInteger Above, BigInteger Below)
    {
        /// <summary>Of a correction: the difference of two amounts that are rounded already.</summary>
        public BigInteger? Difference { get; init; }

        public BigInteger Amount => Difference ?? Round(Above, Below);
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

    /// <summary>What the formula gives, in the order of its kinds: reservations, corrections and credits are not in it.</summary>
    public List<Line> Lines(int member, Terms terms) => Lines(member, terms, [.. Of(member, terms)]);

    /// <summary>What becomes of a closed epoch's lines by uses that came late: each line that is another one now, as it is less as it was.</summary>
    /// <param name="before">What came late before.</param>
    public List<Line> Corrections(int member, Terms frozen, IEnumerable<Use> before, List<Use> late)
    {
        List<Use> known = [.. Of(member, frozen), .. before];
        List<Line> old = Lines(member, frozen, known), now = Lines(member, frozen, [.. known, .. late]), corrections = [];
        foreach (Line line in now)
        {
            Line was = old.Find(other => (other.Kind, other.Version) == (line.Kind, line.Version)) ?? line with { Above = 0 };
            bool isOther = line.Kind switch
            {
                "Overage" => late.Any(use => Counted(use) > 0),
                "Surcharge" => late.Any(use => use.Version == line.Version && use.Multiplier > 1000 && use.Units.Contains('s')),
                _ => false,
            };
            if (isOther) corrections.Add(new("Adjustment", line.Version, line.Above - was.Above, line.Below) { Difference = line.Amount - was.Amount });
        }

        return corrections;
    }

    private IEnumerable<Use> Of(int member, Terms terms) => Uses.Where(use => use.Member == member && use.Slice >= terms.First && use.Slice < terms.End);

    private List<Line> Lines(int member, Terms terms, List<Use> own)
    {
        BigInteger u = own.Aggregate(BigInteger.Zero, (sum, use) => sum + Counted(use));
        BigInteger enrolled = Enrolled.Count(at => at.Member == member && at.Slice >= terms.First && at.Slice < terms.End);
        List<Line> lines =
        [
            new("Fixed", terms.Version, terms.Fee * enrolled, terms.End - terms.First),
            new("Overage", terms.Version, terms.Rate * BigInteger.Max(0, (1000 * terms.M * u) - (terms.Comfort * terms.S * enrolled)), 1000 * terms.M),
        ];
        foreach (int version in own.Select(use => use.Version).Distinct().Order())
        {
            if (Surged(own, use => use.Version == version && !use.IsBeyond) is { } weighted) lines.Add(new("Surcharge", version, terms.Rate * weighted, 1000));
        }

        foreach ((int version, int multiplier) in own.Select(use => (use.Version, use.Multiplier)).Distinct().Order())
        {
            if (Surged(own, use => (use.Version, use.Multiplier, use.IsBeyond) == (version, multiplier, true)) is { } weighted)
                lines.Add(new("ReservationOverage", version, terms.Rate * weighted, 1000));
        }

        return lines;
    }

    // Null if there are none.
    private static BigInteger? Surged(List<Use> own, Func<Use, bool> are)
    {
        BigInteger? weighted = null;
        foreach (Use use in own.Where(use => use.Multiplier > 1000 && are(use)))
        {
            foreach (char _ in use.Units.Where(unit => unit == 's')) weighted = (weighted ?? 0) + use.Multiplier - 1000;
        }

        return weighted;
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
