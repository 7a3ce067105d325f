using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Governance;

/// <summary>What was voted is in force from its slice on, to the slice, in whatever a member is answered; and it outlives a crash.</summary>
public sealed class PolicyInForceTests
{
    private const int SliceMs = 2000;

    private static readonly ClassPolicy Policy = new()
    {
        Window = new() { SliceMs = SliceMs, Slices = 1000, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 5 * SliceMs } },
        Tariff = new() { BaselineUnits = 1000, Rate = 5 },
        Capacity = new() { UnitsPerSecond = 100_000, BurstUnits = 200_000, MaxRequestUnits = 50 },
    };

    private static readonly ClassPolicy Larger = Policy with { Capacity = Policy.Capacity with { MaxRequestUnits = 60 } };

    // A slice's and an epoch's beginning.
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000));
    private readonly Disk _disk = new();

    /// <summary>Seen to fail with the gate taking the next policy at once, with it a slice late, and with the class not writing the change.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_change_takes_effect_at_the_next_slice(bool afterACrash)
    {
        GridSilo silo = await Start();
        await silo.Found("homes", Policy, 1);
        PolicyVersion change = await silo.Change("homes", Larger);
        Assert.Equal(Slice + 1, change.FromSlice);
        if (afterACrash)
        {
            await silo.Kill();
            silo = await Start();
            await silo.Leased("homes");
        }

        await using GridSilo last = silo;
        int before = await AskUntil(last, slice => slice > change.FromSlice, slice => slice >= change.FromSlice ? 2 : 1);
        Assert.True(before > 0, "Nothing was asked before the change.");
        AdmissionAnswer large = await last.Member("m0").Admit(Ask.For("large", 60)).Soon();
        Assert.Equal(Outcome.Admitted, large.Outcome);
        ClassPolicies told = (await last.Class("homes").GetPolicies())!;
        Assert.Equal(2, told.At(Slice).Version);
    }

    /// <summary>
    /// One for the next slice, one for the next epoch: a second pending version was once lost. Seen to fail with only the newest change kept, and with the
    /// newest alone told to gates.
    /// </summary>
    [Fact]
    public async Task Each_of_two_changes_that_wait_has_its_slices()
    {
        GridSilo silo = await Start();
        await silo.Found("homes", Policy, 1);
        PolicyVersion first = await silo.Change("homes", Larger);
        long epoch = (Slice / 5 * 5) + 5;
        ClassPolicy dearer = Larger with { Version = 3, Tariff = Larger.Tariff with { Rate = 6 } };
        PolicyVersion second = ExecutedProposal.Of(_disk, Instant.Now(_clock), "homes", dearer, epoch).Version;
        Assert.True(await silo.Class("homes").Adopt(second));
        await silo.Kill();

        await using GridSilo last = await Start();
        await last.Leased("homes");
        Assert.Equal([1, 2, 3], (await last.Class("homes").GetHistory()).Select(version => version.Policy.Version));
        await AskUntil(last, slice => slice > epoch, slice => slice >= epoch ? 3 : slice >= first.FromSlice ? 2 : 1);
    }

    /// <summary>Whoever asks: the proposal's own book says what holds. Seen to fail where what is handed in was adopted, and without the look at the class.</summary>
    [Fact]
    public async Task A_class_adopts_what_its_members_executed_and_nothing_else()
    {
        await using GridSilo silo = await Start();
        await silo.Found("homes", Policy, 1);
        ClassPolicy cheap = Larger with { Version = 2, Tariff = Larger.Tariff with { Rate = 0 } };
        PolicyVersion madeUp = new(cheap, Slice + 1, new() { Version = 2, Proposal = "p-2", ExecutedAt = Instant.Now(_clock) });
        await Assert.ThrowsAsync<InvalidOperationException>(() => silo.Class("homes").Adopt(madeUp));

        PolicyVersion voted = ExecutedProposal.Of(_disk, Instant.Now(_clock), "homes", Larger with { Version = 2 }, Slice + 1).Version;
        await Assert.ThrowsAsync<InvalidOperationException>(() => silo.Class("homes").Adopt(madeUp));
        Assert.True(await silo.Class("homes").Adopt(voted with { Policy = cheap, FromSlice = Slice }));
        PolicyVersion others = ExecutedProposal.Of(_disk, Instant.Now(_clock), "farms", cheap with { Version = 3 }, Slice + 1).Version;
        await Assert.ThrowsAsync<InvalidOperationException>(() => silo.Class("homes").Adopt(others));

        PolicyVersion newest = (await silo.Class("homes").GetHistory())[^1];
        Assert.Equal((voted.FromSlice, voted.Origin, Larger.Tariff.Rate), (newest.FromSlice, newest.Origin, newest.Policy.Tariff.Rate));
    }

    private long Slice => Policy.Window.SliceAt(Instant.Now(_clock));

    private Task<GridSilo> Start() => GridSilo.StartAsync(_disk, _clock);

    // Asks again and again; each answer cites the version of the slice it was decided in. Returns how often it was asked before the first change.
    private async Task<int> AskUntil(GridSilo silo, Func<long, bool> done, Func<long, int> expected)
    {
        int old = 0;
        for (int i = 0; !done(Slice); i++)
        {
            AdmissionAnswer answer = await silo.Member("m0").Admit(Ask.For($"{Slice}-{i}", 1)).Soon();
            if (answer.Outcome == Outcome.Admitted)
            {
                Assert.Equal(expected(Slice), answer.PolicyVersion);
                if (answer.PolicyVersion == 1) old++;
            }

            await silo.Step(100);
        }

        return old;
    }
}
