using System.Numerics;
using CoopGrid.Model;

namespace CoopGrid.Domain.Tests.Pricing;

/// <summary>The price as the specification writes it, in big integers, one period at a time, without a thought for speed.</summary>
internal static class PriceOracle
{
    /// <summary>E(f,x,K).</summary>
    public static BigInteger E(BigInteger f, BigInteger x, BigInteger k)
    {
        BigInteger i = 1;
        BigInteger sum = 0;
        BigInteger a = f * k;
        while (a > 0)
        {
            sum += a;
            a = a * x / (k * i);
            i += 1;
        }

        return sum / k;
    }

    /// <summary>The least x at which E(1000,x,K) ≥ cap: doubled until it is reached, then halved steps back.</summary>
    public static BigInteger XMax(int cap, BigInteger k)
    {
        BigInteger step = 1;
        while (E(1000, step, k) < cap) step *= 2;
        BigInteger x = -1;
        for (; step > 0; step /= 2)
        {
            if (E(1000, x + step, k) < cap) x += step;
        }

        return x + 1;
    }

    /// <summary>The row that follows <paramref name="previous"/>.</summary>
    public static PricePeriod Close(PricePeriod? previous, ClassPolicy policy, long period, BigInteger demand, int tou)
    {
        PricePolicy price = policy.Price;
        long periodMs = policy.Entry == UsageEntry.Admitted ? price.ControlPeriodMs : policy.Window.SliceMs;
        BigInteger t = BigInteger.Max(1, (BigInteger)policy.Capacity.UnitsPerSecond * price.TargetPermille * periodMs / 1_000_000);
        BigInteger k = BigInteger.Max(10, t * price.DoublingPeriods * 14427 / 10000);
        BigInteger xMax = XMax(price.CapPermille, k);

        BigInteger x = previous?.X ?? 0;
        if (previous is { } last && last.K != k) x = Clamp(x * k / last.K, xMax);
        x = Clamp(x + BigInteger.Min(demand, 2 * t) - t, xMax);

        var surge = (int)BigInteger.Min(price.CapPermille, E(1000, x, k));
        var multiplier = (int)BigInteger.Min(price.CapPermille, (BigInteger)tou * surge / 1000);
        return new(period, 1, (long)demand, (long)t, (long)k, (long)x, price.CapPermille, tou, surge, multiplier);
    }

    private static BigInteger Clamp(BigInteger x, BigInteger most) => BigInteger.Max(0, BigInteger.Min(x, most));
}
