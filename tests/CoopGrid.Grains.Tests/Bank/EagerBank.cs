using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Tests.Bank;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Bank;

/// <summary>
/// A class's banks computed anew from what the disk holds, every member slice after slice: the price's rows say which slices were off-peak, the policies and epochs by
/// what is saved, the members' entries what was used and spent. It shares nothing with the grains but the data.
/// </summary>
internal sealed class EagerBank(Disk disk, IReadOnlyList<PolicyVersion> policies, long epochSlices)
{
    private readonly IReadOnlyList<PricePeriod> _rows = disk.PricesOf(GridSilo.ClassOf("homes"));

    /// <summary>What decayed with which epoch, of all members that were replayed.</summary>
    public Dictionary<long, long> Decays { get; } = [];

    /// <summary>Whether a slice was off-peak: at most a twentieth of its periods were dearer than 1000.</summary>
    public bool IsOffPeak(long slice)
    {
        ClassPolicy policy = policies[0].Policy;
        long each = policy.Entry == UsageEntry.Metered ? 1 : policy.Window.SliceMs / policy.Price.ControlPeriodMs;
        long above = 0, priced = 0;
        for (long period = slice * each; period < (slice + 1) * each; period++)
        {
            foreach (PricePeriod row in _rows.Where(row => row.Period < period && period <= row.Period + row.Count))
            {
                priced++;
                if (row.MultiplierPermille > 1000) above++;
            }
        }

        return above * 20 <= priced;
    }

    /// <summary>Replays a member's entries, and asserts after each that what it recorded is what the oracle has.</summary>
    /// <param name="through">The last slice that is final at the end.</param>
    public BankStanding Of(MemberId member, long through)
    {
        var oracle = new BankOracle();
        Dictionary<long, long> used = [];
        Dictionary<string, Admitted> admissions = [];
        long told = long.MinValue;
        foreach (MemberEntry entry in disk.Entries().Where(entry => entry.Member == member).Select(entry => entry.Entry))
        {
            BankAccount? recorded = entry switch
            {
                Admitted { Bank: { } bank } => bank,
                Cancelled { Bank: { } bank } => bank,
                UsageReported { Bank: { } bank } => bank,
                BankDecayed decayed => decayed.Bank,
                _ => null,
            };
            if (entry is Enrolled enrolled) told = enrolled.Slice - 1;
            while (told < recorded?.SettledThrough) Tell(oracle, ++told, used);
            switch (entry)
            {
                case Admitted admitted:
                    admissions[admitted.Key] = admitted;
                    used[admitted.Slice] = used.GetValueOrDefault(admitted.Slice) + admitted.Units;
                    oracle.Spend(admitted.Covered.Banked);
                    break;
                case Cancelled back:
                    used[back.AdmittedSlice] -= back.Units;
                    Covered covered = admissions[back.Key].Covered;
                    oracle.GiveBack(covered.GiveBack(back.ReturnedUnits - back.Units).Banked - covered.GiveBack(back.ReturnedUnits).Banked);
                    break;
                case UsageReported reported:
                    foreach (ReportedSlice slice in reported.Slices) used[slice.Slice] = used.GetValueOrDefault(slice.Slice) + slice.Units;
                    oracle.Spend(reported.Slices.Sum(slice => slice.BankedUnits));
                    break;
            }

            if (recorded is { } own) Assert.Equal(Standing(oracle), new(own.Saved, own.Spent, own.Decayed, own.Held));
        }

        while (told < through) Tell(oracle, ++told, used);
        return Standing(oracle);
    }

    private void Tell(BankOracle oracle, long slice, Dictionary<long, long> used)
    {
        long before = (long)oracle.Decayed;
        oracle.Final(At(slice), At(slice + 1), used.GetValueOrDefault(slice));
        long epoch = slice / epochSlices;
        Decays[epoch] = Decays.GetValueOrDefault(epoch) + (long)oracle.Decayed - before;
    }

    private OracleSlice At(long slice)
    {
        ClassPolicy policy = policies.Last(version => version.FromSlice <= slice || version == policies[0]).Policy;
        return new(
            IsOffPeak(slice),
            slice % epochSlices == 0,
            policy.Tariff.BaselineUnits,
            policy.Window.Slices,
            policy.Bank.SharePermille,
            policy.Bank.CapUnits,
            policy.Bank.DecayPermille);
    }

    private static BankStanding Standing(BankOracle oracle) => new((long)oracle.Saved, (long)oracle.Spent, (long)oracle.Decayed, (long)oracle.Held);
}
