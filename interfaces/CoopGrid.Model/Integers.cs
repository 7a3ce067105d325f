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
    /// <param name="divisor">Above 0.</param>
    /// <exception cref="OverflowException">The result does not fit 64 bits.</exception>
    public static long RoundHalfEven(Int128 dividend, Int128 divisor)
    {
        Int128 quotient = dividend / divisor;
        Int128 remainder = dividend - (quotient * divisor);
        if (remainder < 0)
        {
            quotient--;
            remainder += divisor;
        }

        Int128 toNext = divisor - remainder;
        if (remainder > toNext || (remainder == toNext && !Int128.IsEvenInteger(quotient))) quotient++;
        return checked((long)quotient);
    }
}
