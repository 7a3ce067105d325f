using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Capacity;

/// <summary>
/// The rest must not notice (SPEC.md §5): of 1,000 members the first 50 send a hundred times as much as the others, in all three
/// times the capacity. The hogs are of five sorts that differ in what they used before.
/// </summary>
public sealed class OthersTests
{
    private const int Members = 1000;
    private const int Hogs = 50;
    private const int Sorts = 5;
    private const long C = 1000;
    private const int Ticks = 250;
    private const int WarmTicks = 50;
    private const int TickMs = 20;

    private static readonly ClassPolicy Shared = new()
    {
        Capacity = new() { UnitsPerSecond = C, BurstUnits = C, MaxRequestUnits = 50 },
        Window = new() { SliceMs = 3_600_000, Slices = 24 },
        Lanes = [.. LanePolicy.Defaults.Select(lane => lane with { NeedsEntitlement = false })],
    };

    /// <summary>
    /// Seen to fail: with Bands.Threshold always 0 (protected requests had to wait for room), and with one band for all who are above the
    /// mean in Standing.BandOf (refusals in no order of standing).
    /// </summary>
    [Fact]
    public async Task A_flood_by_some_is_refused_to_those_furthest_above_the_mean_first()
    {
        await using GridSilo silo = await GridSilo.StartAsync(time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)));
        IMemberGrain[] members = await silo.Found("homes", Shared, Members);
        await History(silo, members);
        (long[] sent, long[] refused) = await Flood(silo, members);

        IReadOnlyList<Admitted> run = [.. silo.Disk.Admissions().Where(entry => entry.Key.StartsWith('f'))];
        long from = run[0].At.UnixMicroseconds, until = run[^1].At.UnixMicroseconds;
        Assert.InRange(CapacityCheck.Rate(run, from + 1_000_000, until), C * 0.95, C * 1.05);
        Assert.Equal(0, refused[Sorts]);
        Assert.Equal(0, refused[Sorts + 1]);
        double[] rates = [.. Enumerable.Range(0, Sorts).Select(sort => (double)refused[sort] / sent[sort])];
        Assert.Equal(rates.Order(), rates);

        // 0.486 ± 0.010 in 35 runs, whose threads interleave differently; four of five hogs' units are refused in all.
        Assert.True(rates[0] < 0.55 && rates[^1] > 0.95, string.Join(' ', rates));
    }

    // Sort s of the hogs comes with 20 · 3^s units, everybody else with 10.
    private static async Task History(GridSilo silo, IMemberGrain[] members)
    {
        List<(int Member, long Units)> sends = [.. Enumerable.Range(Hogs, Members - Hogs).Select(member => (member, 10L))];
        for (int member = 0; member < Hogs; member++)
        {
            long units = 20;
            for (int sort = 0; sort < SortOf(member); sort++) units *= 3;
            for (; units > 0; units -= 20) sends.Add((member, 20));
        }

        for (int i = 0; i < sends.Count; i += 20)
        {
            await silo.Step(500);
            AdmissionAnswer[] answers = await Task.WhenAll(sends.Skip(i).Take(20).Select((send, j) =>
                members[send.Member].Admit(Ask.For($"h{i + j}", send.Units)).AsTask())).Soon();
            Assert.All(answers, answer => Assert.Equal(Outcome.Admitted, answer.Outcome));
        }

        await silo.AdvanceUntil(() => silo.Class("homes").GetState().AsTask().Result!.UsageUnits == sends.Sum(send => send.Units), "S", 50);
        await silo.Step(1000);
    }

    /// <returns>
    /// What was sent, and what was refused for capacity, by sort: five of hogs once the burst is used up, then the others, then the
    /// critical lane, both from the first.
    /// </returns>
    private static async Task<(long[] Sent, long[] Refused)> Flood(GridSilo silo, IMemberGrain[] members)
    {
        var random = new Random(9);
        List<(int Sort, bool Counts, Task<AdmissionAnswer> Answer)> asked = [];
        int tick = 0;
        void Send(int member, int sort, string lane) =>
            asked.Add((sort, sort >= Sorts || tick >= WarmTicks, members[member].Admit(Ask.For($"f{asked.Count}", 1, lane, member % 2 * 100)).AsTask()));
        double othersDue = 0;
        for (; tick < Ticks; tick++)
        {
            // 2,500 units/s of fifty hogs, 475 of 950 others, 25 in the critical lane: three times C.
            for (int i = 0; i < 50; i++) Send(i, SortOf(i), "standard");
            for (othersDue += 9.5; othersDue >= 1; othersDue--) Send(random.Next(Hogs, Members), Sorts, "standard");
            if (tick % 2 == 0) Send(random.Next(Members), Sorts + 1, "critical");

            // Nobody but hogs may have to wait; a hog's state comes after its request has been decided, or waits.
            await Task.WhenAll(asked.Skip(asked.Count - 70).Where(ask => ask.Sort >= Sorts).Select(ask => ask.Answer)).Soon();
            await Task.WhenAll(members.Take(Hogs).Where((_, hog) => hog % 2 == 1).Select(hog => hog.GetState().AsTask())).Soon();
            await silo.Step(TickMs);
        }

        await silo.AdvanceUntil(() => asked.TrueForAll(ask => ask.Answer.IsCompleted), "all answers", 20);
        long[] sent = new long[Sorts + 2], refused = new long[Sorts + 2];
        foreach ((int sort, bool _, Task<AdmissionAnswer> answer) in asked.Where(ask => ask.Counts))
        {
            Outcome outcome = (await answer).Outcome;
            Assert.True(outcome is Outcome.Admitted or Outcome.CapacityExceeded, outcome.ToString());
            sent[sort]++;
            if (outcome == Outcome.CapacityExceeded) refused[sort]++;
        }

        return (sent, refused);
    }

    private static int SortOf(int hog) => hog / (Hogs / Sorts);
}
