using System.Numerics;

namespace CoopGrid.Domain.Tests.Bank;

/// <summary>What holds for one slice, as the oracle knows it.</summary>
internal sealed record OracleSlice(bool OffPeak, bool StartsEpoch, long Baseline, int N, int Share, long Cap, int Decay);

/// <summary>A bank as the specification says it: slice after slice, in big integers, without a thought for speed.</summary>
internal sealed class BankOracle
{
    // What saving has left over, as a fraction of a unit.
    private BigInteger _over;
    private BigInteger _under = 1;

    public BigInteger Saved { get; private set; }

    public BigInteger Spent { get; private set; }

    public BigInteger Decayed { get; private set; }

    public BigInteger Held => Saved - Spent - Decayed;

    public void Spend(long units) => Spent += units;

    public void GiveBack(long units) => Spent -= units;

    /// <summary>One slice is final; <paramref name="next"/> is the one after it.</summary>
    public void Final(OracleSlice slice, OracleSlice next, long used)
    {
        BigInteger under = 1000 * (BigInteger)slice.N;
        if (_under != under) (_over, _under) = (_over * under / _under, under);
        if (slice.OffPeak && Held < slice.Cap)
        {
            BigInteger unused = slice.Baseline - ((BigInteger)slice.N * used);
            if (unused > 0) _over += slice.Share * unused;
            while (_over >= _under && Held < slice.Cap)
            {
                BigInteger whole = BigInteger.Min(_over / _under, slice.Cap - Held);
                Saved += whole;
                _over -= whole * _under;
            }

            if (Held == slice.Cap) _over = 0;
        }

        if (next.StartsEpoch) Decayed += Held * next.Decay / 1000;
    }
}
