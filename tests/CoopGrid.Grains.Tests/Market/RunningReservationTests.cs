using CoopGrid.Domain.Market;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Model;
using Xunit;
using static CoopGrid.Grains.Tests.Market.MarketSilo;

namespace CoopGrid.Grains.Tests.Market;

/// <summary>What a reservation is worth while its slot runs, over real grains: bids, clearing, the class that learns the holders, gates, members.</summary>
public sealed class RunningReservationTests
{
    private const int TickMs = 20;

    /// <summary>m0 has 200 units/s and keeps to it; three others ask for ten times the capacity. In the middle class and slot lose their activations.</summary>
    [Fact]
    public async Task A_holder_that_keeps_to_its_rate_is_never_refused_nor_surged_under_a_tenfold_flood()
    {
        await using MarketSilo market = await StartAsync();
        long starts = await HeldBy(market, "m0", 200);
        await market.MoveTo(starts - 2900);
        ClassGate gate = (await market.Grid.Service<ClassGates>().GetAsync(GridSilo.ClassOf("homes")))!;
        await market.Grid.AdvanceUntil(
            () => gate.Reservations.Running(Instant.FromUnixMs(starts)) is not null, "the holders of the slot, ahead of its start", 10);
        await market.MoveTo(starts - (2 * TickMs));
        List<Task<AdmissionAnswer>> holder = [], others = [];
        for (int tick = -2; tick < 400; tick++)
        {
            // The silo's processor is real, and the clock is not: a holder whose requests pile up does not keep to its rate.
            await Eventually.True(() => holder.Count(answer => !answer.IsCompleted) <= 10, "answers to the holder");
            if (tick >= 0) holder.Add(market.Grid.Member("m0").Admit(Ask.For($"h{tick}", 4, wait: null)).AsTask());
            for (int i = 0; i < 12; i++) others.Add(market.Grid.Member($"m{(i % 3) + 1}").Admit(Ask.For($"o{tick}.{i}", 17)).AsTask());
            if (tick == 200)
            {
                await GridSilo.Deactivate(market.Grid.Class("homes"));
                await GridSilo.Deactivate(market.Slot(starts));
            }

            await market.Grid.Step(TickMs);
        }

        await market.Grid.AdvanceUntil(() => holder.Concat(others).All(answer => answer.IsCompleted), "all answers", TickMs);
        foreach ((int tick, AdmissionAnswer answer) in (await Task.WhenAll(holder).Soon()).Index())
            Assert.Equal((tick, Outcome.Admitted, new Covered(0, 4, 0, 0, 0)), (tick, answer.Outcome, answer.Covered));
        long got = (await Task.WhenAll(others).Soon()).Where(answer => answer.Outcome == Outcome.Admitted).Sum(answer => answer.Units);
        Assert.True(got > 0.95 * 800 * 8, $"{got}");
        IReadOnlyList<Admitted> all = market.Grid.Disk.Admissions();
        Assert.InRange(CapacityCheck.WorstExcess(all, 1000), 0, 2000 * 1_000_000L);

        // Reserved units count nowhere.
        await market.Grid.AdvanceUntil(
            () => market.Grid.Class("homes").GetState().AsTask().Result!.UsageUnits == all.Sum(entry => entry.CountedUnits), "S without reserved units", TickMs);
        Assert.Equal(0, (await market.Grid.Member("m0").GetState()).TotalUnits);
    }

    [Fact]
    public async Task What_is_used_of_it_survives_the_silo_and_the_next_one_knows_the_holders_of_the_running_slot()
    {
        MarketSilo first = await StartAsync();
        long starts = await HeldBy(first, "m0", 200);
        await first.MoveTo(starts + 100);
        await first.Grid.AdvanceUntil(async () => (await first.Grid.Member("m0").GetState()).Reservation is not null, () => "a running reservation", TickMs);
        for (int i = 0; i < 2; i++)
        {
            AdmissionAnswer full = await first.Grid.Member("m0").Admit(Ask.For($"a{i}", 100)).AsTask().Soon();
            Assert.Equal((Outcome.Admitted, 100), (full.Outcome, full.Covered.Reserved));
        }

        await first.Grid.Kill();
        await using MarketSilo second = await StartAsync(disk: first.Grid.Disk, time: first.Time);
        await second.Grid.Leased("homes");
        MemberState state = new() { Member = default };
        await second.Grid.AdvanceUntil(async () => (state = await second.Grid.Member("m0").GetState()).Reservation is not null, () => "the holders", TickMs);
        Assert.InRange(second.NowMs, starts, starts + 2000);
        ReservedRate rate = new(200, 200, Instant.FromUnixMs(starts), 10);
        ReservationUse use = second.Grid.Disk.Admissions()[^1].Reservation!.Value;
        Assert.InRange(
            state.Reservation!.UsableUnits,
            use.UsableUnits(rate),
            use.FlowTo(Instant.FromUnixMs(second.NowMs), rate).UsableUnits(rate));
        Assert.True(state.Reservation.UsableUnits < 200);
    }

    /// <summary>Bought in the last second before the start, when gates have been told already who holds what.</summary>
    [Fact]
    public async Task What_is_bought_at_the_last_moment_holds_too()
    {
        await using MarketSilo market = await StartAsync();
        long starts = await HeldBy(market, "m0", 200);
        await market.MoveTo(starts - 500);
        Assert.Equal(MarketOutcome.Accepted, (await market.Slot(starts).Ask(Buy("m1", "b", 50)).Soon()).Outcome);
        await market.MoveTo(starts);
        await market.Grid.AdvanceUntil(
            async () => (await market.Grid.Member("m1").GetState()).Reservation?.UnitsPerSecond == 50, () => "the reservation that was bought", TickMs);
        Assert.InRange(market.NowMs, starts, starts + 1000);
        Assert.Equal(200, (await market.Grid.Member("m0").GetState()).Reservation!.UnitsPerSecond);
        await market.MoveTo(starts + 10_000);
        Assert.Null((await market.Grid.Member("m0").GetState()).Reservation);
    }

    private static async Task<long> HeldBy(MarketSilo market, string member, long unitsPerSecond)
    {
        long starts = market.StartOf(3);
        Assert.Equal(MarketOutcome.Accepted, (await market.Slot(starts).Ask(Bid(member, "a", unitsPerSecond, 50)).Soon()).Outcome);
        return starts;
    }
}
