using System.Numerics;

namespace CoopGrid.Domain.Pricing;

/// <summary>
/// The surge part of the price: the integer exponential of EIP-4844 (SPEC.md §6), in units per control period.
/// <list type="number">
/// <item><c>E(f,x,K)</c>: <c>i=1; out=0; a=f·K; while a&gt;0 { out+=a; a = a·x/(K·i); i+=1 } out/K</c>, every division floored; about
/// <c>f · e^(x/K)</c>.</item>
/// <item>E grows with x and never shrinks; <c>E(f,0,K) = f</c>.</item>
/// <item>Any arguments in range give the exact result or an error: products that leave 128 bits are held in a larger integer, and a sum
/// that is certain to be too large ends the loop, so the work is bounded by about 120 steps.</item>
/// </list>
/// </summary>
public static class Surge
{
    /// <summary>The integer exponential.</summary>
    /// <param name="factor">f ≥ 0.</param>
    /// <param name="x">≥ 0.</param>
    /// <param name="k">K &gt; 0.</param>
    /// <exception cref="OverflowException">The result does not fit 64 bits.</exception>
    public static long Exponential(long factor, long x, long k)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(factor);
        ArgumentOutOfRangeException.ThrowIfNegative(x);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        return TryExponential(factor, x, k, long.MaxValue, out long value)
            ? value
            : throw new OverflowException($"E({factor}, {x}, {k}) does not fit 64 bits.");
    }

    /// <summary>x_max: the least x at which <c>E(1000, x, K)</c> reaches the cap. 0 if the cap is 1000 or less.</summary>
    /// <exception cref="OverflowException">x_max does not fit 64 bits.</exception>
    public static long XMax(int capPermille, long k)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        if (capPermille <= 1000) return 0;

        // The first two terms alone reach the cap at x = K · (cap − 1000) / 1000, rounded up.
        long low = 0;
        Int128 enough = (((Int128)k * (capPermille - 1000)) + 999) / 1000;
        long high = enough < long.MaxValue ? (long)enough : long.MaxValue;
        if (!Reaches(capPermille, high, k)) throw new OverflowException($"x_max for cap {capPermille} and K {k} does not fit 64 bits.");
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            if (Reaches(capPermille, middle, k)) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    /// <summary>
    /// <c>K = max(10, T·d·14427/10000)</c>, floored: with it the surge doubles in d periods at twice the target (1.4427 is 1 / ln 2).
    /// </summary>
    /// <param name="target">T ≥ 0, units per period.</param>
    /// <param name="doublingPeriods">d ≥ 0.</param>
    /// <exception cref="OverflowException">K does not fit 64 bits.</exception>
    public static long DenominatorK(long target, int doublingPeriods)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(target);
        ArgumentOutOfRangeException.ThrowIfNegative(doublingPeriods);
        return Math.Max(10, (long)((Int128)target * doublingPeriods * 14427 / 10000));
    }

    /// <summary>x clamped to 0…x_max, and the surge there: <c>min(cap, E(1000, x, K))</c>.</summary>
    /// <param name="capPermille">≥ 1000.</param>
    internal static (long X, int Permille) Clamp(Int128 x, int capPermille, long k)
    {
        if (x <= 0) return (0, 1000);

        // E grows with x: below the cap it is also below x_max, which then need not be searched for.
        return x <= long.MaxValue && TryExponential(1000, (long)x, k, capPermille - 1, out long surge)
            ? ((long)x, (int)surge)
            : (XMax(capPermille, k), capPermille);
    }

    private static bool Reaches(int capPermille, long x, long k) => !TryExponential(1000, x, k, capPermille - 1, out _);

    /// <summary>E if it is at most <paramref name="most"/>; otherwise false, as soon as that is certain.</summary>
    private static bool TryExponential(long factor, long x, long k, long most, out long value)
    {
        value = 0;
        UInt128 sum = 0;
        UInt128 tooMuch = ((UInt128)(ulong)most + 1) * (ulong)k;
        UInt128 term = (UInt128)(ulong)factor * (ulong)k;
        int xLength = 64 - BitOperations.LeadingZeroCount((ulong)x);
        for (ulong i = 1; term > 0; i++)
        {
            if (term >= tooMuch - sum) return false;
            sum += term;

            UInt128 divisor = (UInt128)(ulong)k * i;
            if ((int)UInt128.LeadingZeroCount(term) >= xLength)
            {
                term = term * (ulong)x / divisor;
            }
            else
            {
                BigInteger next = (BigInteger)term * x / (BigInteger)divisor;
                if (next >= (BigInteger)tooMuch) return false;
                term = (UInt128)next;
            }
        }

        value = (long)(sum / (ulong)k);
        return true;
    }
}
