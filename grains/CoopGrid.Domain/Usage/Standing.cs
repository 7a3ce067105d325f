using System.Diagnostics;

namespace CoopGrid.Domain.Usage;

/// <summary>
/// A member's standing as one small number, by which room is handed out (SPEC.md §5): the higher, the sooner it waits.
/// <list type="number">
/// <item>0 is protected: the usage is within the baseline, or not above the mean.</item>
/// <item>1 to 60 are above the mean, four bands per doubling of <c>r = u · N / S</c>: with <c>2^e ≤ r &lt; 2^(e+1)</c> the band is
/// <c>1 + 4e + floor(4 · (r / 2^e − 1))</c>, at most 60 (from r = 28,672 on). Just above the mean is 1; the double is 5.</item>
/// <item>More usage never has a lower band; without any usage in the class (S = 0) whoever is above the mean has the worst.</item>
/// <item>61 is for lanes of bulk priority, whatever the standing; no usage leads to it.</item>
/// </list>
/// </summary>
public static class Standing
{
    public const int Protected = 0;

    /// <summary>The band of those furthest above the mean.</summary>
    public const int WorstBand = 60;

    /// <summary>The band of every request in a bulk lane.</summary>
    public const int BulkBand = 61;

    /// <summary>How many bands there are.</summary>
    public const int Bands = 62;

    /// <summary>The band of a member, judged before the request's own units.</summary>
    /// <param name="usage">The member's units in the window.</param>
    /// <param name="mean">The class's mean.</param>
    /// <param name="baselineUnits">Units per window that the member always gets without surge.</param>
    public static int BandOf(long usage, Mean mean, long baselineUnits)
    {
        if (usage <= baselineUnits || !mean.IsExceededBy(usage)) return Protected;
        if (mean.Usage <= 0) return WorstBand;

        UInt128 demanded = (UInt128)(ulong)usage * (ulong)mean.Members;
        UInt128 doubled = (ulong)mean.Usage;
        int octave = Length(demanded) - Length(doubled);
        if (doubled << octave > demanded) octave--;
        Debug.Assert(octave >= 0, "the usage is above the mean");

        // demanded < 2^126 and (demanded >> octave) / S < 2: nothing is lost by comparing with S shifted up.
        doubled <<= octave;
        int quarter = (int)((demanded - doubled) * 4 / doubled);
        return Math.Min(WorstBand, 1 + (4 * octave) + quarter);
    }

    private static int Length(UInt128 value) => 128 - (int)UInt128.LeadingZeroCount(value);
}
