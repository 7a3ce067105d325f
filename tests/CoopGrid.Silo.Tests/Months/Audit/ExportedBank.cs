using System.Numerics;
using Xunit;

namespace CoopGrid.Silo.Tests.Months.Audit;

/// <summary>What a class's members save by.</summary>
internal sealed record BankTerms(long Share, long Cap, long Decay, long Baseline, long Slices);

/// <summary>
/// A member's bank from its entries alone, slice after slice as SPEC.md §8 says it, and each time that an entry records it, held against that.
/// </summary>
/// <param name="enrolled">The slice in which the member joined.</param>
/// <param name="isOffPeak">Of a slice.</param>
/// <param name="startsEpoch">Whether an epoch that is not the first starts with a slice.</param>
internal sealed class ExportedBank(string member, BankTerms terms, long enrolled, Func<long, bool> isOffPeak, Func<long, bool> startsEpoch)
{
    private readonly Dictionary<long, long> _used = [];
    private long _through = enrolled - 1;

    // In parts of a unit, of which there are 1000 n.
    private BigInteger _parts;
    private BigInteger _saved;
    private BigInteger _spent;
    private BigInteger _decayed;

    /// <summary>What decayed with an epoch's last slice.</summary>
    public Dictionary<long, long> Decays { get; } = [];

    /// <summary>Takes the next entry.</summary>
    public void Take(BankStep step)
    {
        if (step.After is { } recorded) Advance(recorded.Through);
        _spent += step.Banked;
        _parts -= step.Banked * Unit;
        foreach ((long slice, int units) in step.Used)
        {
            Assert.True(slice > _through || units == 0, $"{member} used something in slice {slice}, which was final with {_through}.");
            _used[slice] = _used.GetValueOrDefault(slice) + units;
        }

        if (step.After is { } after)
            Assert.Equal((member, after), (member, new BankStanding((long)_saved, (long)_spent, (long)_decayed, (long)Held, _through)));
        else
            Assert.Equal((member, 0L), (member, step.Banked));
    }

    /// <summary>Settles through a slice, if it is not settled so far.</summary>
    public void Advance(long through)
    {
        while (_through < through)
        {
            long slice = ++_through;
            BigInteger before = Held;
            BigInteger saves = isOffPeak(slice) ? terms.Share * BigInteger.Max(0, terms.Baseline - (terms.Slices * _used.GetValueOrDefault(slice))) : 0;
            if (_parts < terms.Cap * Unit) _parts = BigInteger.Min(terms.Cap * Unit, _parts + saves);
            _saved += Held - before;
            if (!startsEpoch(slice + 1)) continue;
            BigInteger lost = Held * terms.Decay / 1000;
            (_parts, _decayed) = (_parts - (lost * Unit), _decayed + lost);
            Decays[slice] = (long)lost;
        }
    }

    private BigInteger Unit => 1000 * terms.Slices;

    private BigInteger Held => _parts / Unit;
}
