using System.Numerics;
using CoopGrid.Model;

namespace CoopGrid.Grains.Tests.Pricing;

/// <summary>
/// An independent reader of a class's price history: from each row's D and T, and what the class's policy publishes, it works out every
/// other figure by SPEC.md §6, one period at a time, in big integers. It shares no code with the grid.
/// </summary>
internal sealed class PriceBook(int doublingPeriods, int cap, long periodMs, Func<long, int> timeOfUse)
{
    private BigInteger _x;
    private BigInteger? _k;
    private long? _next;

    /// <summary>Periods read.</summary>
    public long Periods { get; private set; }

    /// <summary>The row as it must be, given its period, count, D and T.</summary>
    public PricePeriod Expected(PricePeriod row)
    {
        if (_next is { } next && row.Period != next) throw new InvalidOperationException($"Period {next} is followed by {row.Period}.");
        PricePeriod last = Close(row.Period, row.Demand, row.Target);
        for (long further = 1; further < row.Count; further++)
        {
            PricePeriod alike = Close(row.Period + further, 0, row.Target);
            if (alike with { Period = last.Period } != last) return alike;
        }

        _next = row.Period + row.Count;
        Periods += row.Count;
        return last with { Count = row.Count };
    }

    private PricePeriod Close(long period, BigInteger demand, BigInteger target)
    {
        BigInteger k = BigInteger.Max(10, target * doublingPeriods * 14427 / 10000);
        BigInteger most = MostX(k);
        if (_k is { } before && before != k) _x = Clamp(_x * k / before, most);
        _k = k;
        _x = Clamp(_x + BigInteger.Min(demand, 2 * target) - target, most);
        var surge = (int)BigInteger.Min(cap, Exponential(_x, k));
        int tou = timeOfUse((period + 1) * periodMs);
        return new(period, 1, (long)demand, (long)target, (long)k, (long)_x, cap, tou, surge, (int)Math.Min(cap, (long)tou * surge / 1000));
    }

    // The least x at which the surge reaches the cap.
    private BigInteger MostX(BigInteger k)
    {
        BigInteger x = 0;
        for (BigInteger step = k * 64; step > 0; step /= 2)
        {
            if (Exponential(x + step - 1, k) < cap) x += step;
        }

        return Exponential(0, k) >= cap ? 0 : x;
    }

    private static BigInteger Exponential(BigInteger x, BigInteger k)
    {
        BigInteger sum = 0;
        BigInteger term = 1000 * k;
        for (BigInteger i = 1; term > 0; i++)
        {
            sum += term;
            term = term * x / (k * i);
        }

        return sum / k;
    }

    private static BigInteger Clamp(BigInteger x, BigInteger most) => BigInteger.Max(0, BigInteger.Min(x, most));
}
