using System.Numerics;

namespace CoopGrid.Model;

/// <summary>The integer arithmetic that every rule shares. Nothing here rounds through floating point or wraps.</summary>
public static class Integers
{
    /// <summary>The greatest integer not above <paramref name="dividend"/> / <paramref name="divisor"/>.</summary>
    /// <param name="divisor">Above 0.</param>
    public static long FloorDiv(long dividend, long divisor)
    {
        (long quotient, long remainder) = Math.DivRem(dividend, divisor);
        return remainder < 0 ? quotient - 1 : quotient;
    }

    /// <summary><c>floor(a · b / divisor)</c> with the product held exactly.</summary>
    /// <exception cref="OverflowException">The result does not fit 64 bits.</exception>
    public static long MulDivFloor(long a, long b, long divisor)
    {
        Int128 product = (Int128)a * b;
        Int128 quotient = product / divisor;
        if (product < 0 && quotient * divisor != product) quotient--;
        return checked((long)quotient);
    }

    /// <summary>
    /// The one rounding of a bill line (SPEC.md §2): <paramref name="dividend"/> / <paramref name="divisor"/> to the nearest
    /// integer, halves to the even one.
    /// </summary>
    /// <typeparam name="T">Int128, or BigInteger where a product leaves 128 bits.</typeparam>
    /// <param name="divisor">Above 0.</param>
    /// <exception cref="OverflowException">The result does not fit 64 bits.</exception>
    public static long RoundHalfEven<T>(T dividend, T divisor) where T : IBinaryInteger<T> =>
        long.CreateChecked(DivideHalfEven(dividend, divisor));

    /// <summary>The same for what may need more than 64 bits: the sum of a class's bills.</summary>
    /// <inheritdoc cref="RoundHalfEven"/>
    public static T DivideHalfEven<T>(T dividend, T divisor) where T : IBinaryInteger<T>
    {
        T quotient = dividend / divisor;
        T remainder = dividend - (quotient * divisor);
        if (T.IsNegative(remainder))
        {
            quotient--;
            remainder += divisor;
        }

        T toNext = divisor - remainder;
        if (remainder > toNext || (remainder == toNext && !T.IsEvenInteger(quotient))) quotient++;
        return quotient;
    }
}
