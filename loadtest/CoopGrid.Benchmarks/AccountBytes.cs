using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Benchmarks;

/// <summary>
/// What the account of one member costs in memory: itself, its window and its keys, without the grain around it. Exact: the growth of
/// the heap over many accounts, divided.
/// </summary>
internal static class AccountBytes
{
    /// <summary>Accounts that are made for one figure.</summary>
    public const int Accounts = 20_000;

    public const int KeyLength = 30;

    private const int WindowSlices = 168;
    private const string Class = "people";

    // One object for all members, as in a silo.
    private static readonly EpochSlices Month = new(0, 0, 744);

    /// <summary>Slices that hold units, and keys within the dedupe window.</summary>
    public static (int Slices, int Keys)[] Cases { get; } = [(0, 0), (1, 1), (1, 10), (1, 100), (24, 10), (168, 10)];

    /// <param name="slices">Slices of the window that hold units; at least 1 if there are keys.</param>
    /// <param name="keys">Admissions that are remembered.</param>
    /// <returns>Bytes per account.</returns>
    public static long Measure(int slices, int keys)
    {
        var accounts = new MemberAccount[Accounts];
        for (int warm = 0; warm < 10; warm++) Make(slices, keys);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Accounts; i++) accounts[i] = Make(slices, keys);
        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(accounts);
        return grown / Accounts;
    }

    private static MemberAccount Make(int slices, int keys)
    {
        var account = new MemberAccount();
        account.Apply(new Enrolled(1, default, 0, 1, Class, WindowSlices));
        int admissions = Math.Max(slices, keys);
        if (admissions > 0) account.Apply(new EpochBegan(2, default, 0, 1, Month, 0));
        for (int i = 0; i < admissions; i++)
        {
            int slice = Math.Max(0, slices - admissions + i);
            account.Apply(Admission(account.Sequence + 1, slice, i));

            // As every decision does: what was admitted before the last of the keys is remembered no longer.
            account.Keys.Forget(At(i + 1 - keys));
        }

        return account;
    }

    private static Admitted Admission(long sequence, int slice, int number) => new(
        sequence, At(number), slice, 1, $"{number.ToString("D6", null)}-{new string('k', KeyLength - 7)}", 42, "standard", 1000, new(0, 0, 1, 0, 0), sequence, 400, 0, "");

    private static Instant At(int number) => new(1_700_000_000_000_000 + (number * 1_000_000L));
}
