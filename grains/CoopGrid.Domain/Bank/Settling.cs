using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>An epoch's part of a settlement: what decayed when it was over.</summary>
/// <param name="Epoch">The epoch that was over.</param>
/// <param name="Bank">The bank settled through its last slice, with that decay.</param>
public readonly record struct EpochDecay(EpochSlices Epoch, BankAccount Bank);

/// <summary>
/// Settles the bank of an account (<see cref="BankRule"/>), by what the class's gate has heard of its history.
/// <list type="number">
/// <item>A class without a history has no bank: nothing is looked at, nothing is recorded.</item>
/// <item>An entry that adds usage, gives back or spends settles first, with the window as it was, and records the bank if it has changed.</item>
/// <item>An account forgets what has left its window. If the class is more than a window behind with its final slices, an entry may push out a used slice that is
/// not final: then nothing is saved, and nothing decays, up to that slice. Otherwise it would later be taken for an idle one.</item>
/// <item>Looking settles nothing: what is shown, quoted or billed is computed and let go.</item>
/// </list>
/// </summary>
public static class Settling
{
    /// <summary>The bank before an entry that rolls the window to <paramref name="slice"/> (1, 2, 3).</summary>
    public static BankAccount Before(MemberAccount account, BankHistory? history, long slice)
    {
        if (history is null || account.Window is not { } window) return account.Bank;
        BankAccount bank = Now(account, history);
        long gone = slice - window.Slices;
        if (bank.SettledThrough >= gone) return bank;
        long forgotten = window.Held.Select(used => used.Slice).LastOrDefault(used => used <= gone, long.MinValue);
        return forgotten > bank.SettledThrough ? bank with { SettledThrough = forgotten } : bank;
    }

    /// <summary>What an entry records: null if the bank is as the account has it.</summary>
    public static BankAccount? Changed(MemberAccount account, BankAccount bank) => bank == account.Bank ? null : bank;

    /// <summary>The bank as it stands (4).</summary>
    public static BankAccount Now(MemberAccount account, BankHistory history) =>
        account.Window is { } window && account.Bank.SettledThrough < history.FinalThrough
            ? BankRule.Settle(account.Bank, history, window.Held).Account
            : account.Bank;

    /// <summary>
    /// Units that decay when an epoch is over, of an account whose last entry may be long before its end; 0 if the account was settled that far: then it has
    /// recorded them (<see cref="EpochUsage.DecayedUnits"/>). The history goes through the epoch's end.
    /// </summary>
    public static long DecayAfter(MemberAccount account, EpochSlices epoch, BankHistory history)
    {
        if (account.Window is not { } window || account.Bank.SettledThrough >= epoch.End - 1) return 0;

        // What a member holds when it leaves is gone with it.
        if (account.Status == MemberStatus.Exited && !(account.Final is { } left && epoch.Number < left.Epoch.Number)) return 0;
        BankAccount before = BankRule.Settle(account.Bank, history, window.Held, epoch.First - 1).Account;
        return BankRule.Settle(before, history, window.Held, epoch.End - 1).DecayedUnits;
    }

    /// <summary>
    /// The epochs at whose ends something decays between the account's bank and the one that an entry records: each is recorded by an entry of its own
    /// (<see cref="BankDecayed"/>), so that the account alone says what decayed when. What decayed with those that are billed is in their books: only the last of them is
    /// named, and only before one that is not billed, which would have it too.
    /// </summary>
    public static IEnumerable<EpochDecay> Decays(MemberAccount account, BankAccount after, BankHistory history, EpochPlan plan, long firstUnbilled)
    {
        BankAccount bank = account.Bank;
        if (after.Decayed == bank.Decayed) yield break;
        IReadOnlyList<SliceUnits> used = account.Window!.Held;
        EpochDecay? billed = null;
        while (bank.Decayed < after.Decayed && bank.SettledThrough < history.FinalThrough)
        {
            EpochSlices epoch = plan.At(Math.Max(bank.SettledThrough + 1, Math.Max(history.FirstSlice, plan.First)))!;
            BankSettlement over = BankRule.Settle(bank, history, used, epoch.End - 1);
            bank = over.Account;
            if (over.DecayedUnits == 0) continue;
            var decay = new EpochDecay(epoch, bank);
            if (epoch.Number < firstUnbilled)
            {
                billed = decay;
                continue;
            }

            if (billed is { } before) yield return before;
            billed = null;
            yield return decay;
        }
    }
}
