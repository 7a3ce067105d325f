using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Billing.Epochs;

/// <summary>What an account knows of its epochs; the numbers are MemberEpochs's rules.</summary>
public sealed class MemberEpochsTests
{
    /// <summary>
    /// Rules 1 to 3: u_i, n_i and the surged groups of every epoch, whether the member began it or not, are those of a plain list, at its end and
    /// up to any slice that may be running; and the entries alone give the same again. Seen to fail with the epochs left out of the account's
    /// snapshot, with cancels not counted, and with an epoch counted from its first slice whenever the member joined.
    /// </summary>
    [Fact]
    public void Figures_are_those_of_a_plain_list() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[1, 12]).Sample(
            (seed, actions) =>
            {
                EpochLives lives = EpochLives.Run(seed, actions);
                for (int member = 0; member < lives.Members; member++)
                {
                    var replayed = new MemberAccount();
                    foreach ((_, MemberEntry entry) in lives.Entries.Where(one => one.Member == member)) replayed.Apply(entry);
                    foreach (MemberAccount account in new[] { lives.Account(member), replayed })
                    {
                        for (EpochSlices epoch = lives.Plan.At(lives.First)!; epoch.First < lives.End + epoch.Count; epoch = lives.Plan.At(epoch.End)!)
                        {
                            long within = Math.Max(epoch.First + (seed % epoch.Count), account.LastSlice);
                            Assert.Equal(lives.Expected(member, epoch, epoch.End), account.FiguresOf(epoch, epoch.End - 1));
                            Assert.Equal(lives.Expected(member, epoch, within), account.FiguresOf(epoch, within));
                        }
                    }
                }
            },
            iter: 1500);

    /// <summary>Whoever does nothing writes nothing: an epoch begins once, and only for whom something counts in it.</summary>
    [Fact]
    public void An_epoch_begins_with_the_first_entry_that_counts_in_it() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[1, 12]).Sample(
            (seed, actions) =>
            {
                EpochLives lives = EpochLives.Run(seed, actions);
                HashSet<(int, long)> begun = [];
                (int Member, MemberEntry Entry)? before = null;
                foreach ((int member, MemberEntry entry) in lives.Entries)
                {
                    if (before is { Entry: EpochBegan } one) Assert.Equal((one.Member, true), (member, entry is Admitted or UsageReported or EpochBegan));
                    if (entry is EpochBegan began) Assert.True(begun.Add((member, began.Epoch.Number)));
                    before = (member, entry);
                }
            },
            iter: 300);

    /// <summary>What is billed is let go with the next epoch's beginning; until then it stays, however many epochs go by.</summary>
    [Fact]
    public void Sums_are_held_until_they_are_billed()
    {
        var account = new MemberAccount();
        account.Apply(new Enrolled(1, default, 0, 1, "homes", 5));
        EpochSlices[] epochs = [.. Enumerable.Range(0, 5).Select(number => new EpochSlices(number, number * 10, (number + 1) * 10))];
        for (int number = 0; number < 4; number++) Use(account, epochs[number], firstUnbilled: 0);
        Assert.All(epochs[..4], epoch => Assert.Equal(Facts.Used(3, 10), account.FiguresOf(epoch, 99)));

        Use(account, epochs[4], firstUnbilled: 2);
        Assert.All(epochs[..2], epoch => Assert.Null(account.FiguresOf(epoch, 99)));
        Assert.All(epochs[2..], epoch => Assert.Equal(Facts.Used(3, 10), account.FiguresOf(epoch, 99)));
        Assert.Equal(3, account.Snapshot().Epochs.Held.Length);
        Assert.Null(MemberAccount.Restore(account.Snapshot()).FiguresOf(epochs[1], 99));
    }

    /// <summary>An account that was checkpointed before epochs were counted: its member has been there since before the first one.</summary>
    [Fact]
    public void Who_joined_long_ago_counts_for_the_whole_epoch()
    {
        var account = MemberAccount.Restore(new() { Status = MemberStatus.Active, Class = "homes", WindowSlices = 5, Epochs = new() { EnrolledIn = long.MinValue } });
        Assert.Equal(Facts.Used(0, 10), account.FiguresOf(new(7, 70, 80), 99));
    }

    private static void Use(MemberAccount account, EpochSlices epoch, long firstUnbilled)
    {
        account.Apply(new EpochBegan(account.Sequence + 1, default, epoch.First, 1, epoch, firstUnbilled));
        account.Apply(new Admitted(account.Sequence + 1, default, epoch.First, 1, $"k{epoch.Number}", 0, "standard", 1000, new(0, 0, 3, 0, 0), 0, 0, 0, "relay"));
    }
}
