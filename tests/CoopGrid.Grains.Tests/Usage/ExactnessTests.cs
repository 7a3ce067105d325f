using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Usage;

/// <summary>S of the class is the sum of its members' usage, to the unit, whenever nothing is in flight (SPEC.md §3, L5).</summary>
public sealed class ExactnessTests
{
    private const int Members = 12;
    private const int SliceMs = 1000;
    private const int EnoughLost = 10;
    private const int MostBursts = 128;

    private static readonly WindowPolicy Short = new() { SliceMs = SliceMs, Slices = 4 };

    // Long enough that class and members cannot come to agree only because all usage has left the window.
    private static readonly WindowPolicy Long = Short with { Slices = 20 };

    /// <summary>
    /// Admissions, retries and cancels while slices pass, the stream loses, repeats and re-orders ticks, and the class's grain comes
    /// and goes. Seen to fail with ClassLog.Follow not reading the log at a gap (S stayed 0 of 1,100), and with ClassFold.Apply not asking for
    /// the watermark (48 members counted where there are 12).
    /// </summary>
    [Fact]
    public async Task After_every_burst_the_class_holds_what_its_members_hold()
    {
        var stream = new LossyStream();
        await using GridSilo silo = await GridSilo.StartAsync(time: Clock(), more: stream.Add);
        await silo.Found("homes", Ask.Ample with { Window = Long }, Members);
        await silo.Step(1000);
        var random = new Random(11);
        Traffic[] relays = [.. Enumerable.Range(0, 4).Select(i => new Traffic($"r{i}", i))];

        // How many ticks a burst makes depends on how fast this machine answers it.
        for (int burst = 0; burst < 16 || (stream.Lost < EnoughLost && burst < MostBursts); burst++)
        {
            Task sending = Task.WhenAll(relays.Select(relay => Task.Run(() => relay.Run(silo, Members, 100))));

            // The clock runs on, so that a burst makes many ticks.
            await silo.AdvanceUntil(() => sending.IsCompleted, "the burst's answers", 20);
            await sending;
            if (burst % 4 == 3) await GridSilo.Deactivate(silo.Class("homes"));
            await AtRest(silo);
            for (int steps = random.Next(40); steps > 0; steps--) await silo.Step(50);
        }

        Assert.Equal(relays.Sum(relay => relay.NetUnits), silo.Disk.Accounts().Values.Sum(account => account.TotalUnits));
        Assert.Equal(Members, (await silo.Class("homes").GetState())!.Members);
        Assert.True(stream.Lost >= EnoughLost, $"Only {stream.Lost} ticks were lost.");
    }

    /// <summary>Reports of finished slices, some late but within grace, some sent twice.</summary>
    [Fact]
    public async Task A_metered_class_holds_what_its_meters_reported()
    {
        var stream = new LossyStream();
        await using GridSilo silo = await GridSilo.StartAsync(time: Clock(), more: stream.Add);
        await silo.Found("homes", Metered, Members);
        foreach (int member in Enumerable.Range(0, Members)) await silo.Member($"m{member}").RegisterMeter("meter");
        var random = new Random(5);
        long[] sequences = new long[Members];
        long accepted = 0;
        for (int slice = 0; slice < 12; slice++)
        {
            for (int steps = 0; steps < SliceMs / 50; steps++) await silo.Step(50);
            long ended = Short.SliceAt(Instant.Now(silo.Time)) - 1;
            for (int member = 0; member < Members; member++)
            {
                if (random.Next(3) == 0) continue;
                var report = new UsageReport { Meter = "meter", Sequence = sequences[member] + 1, Slices = Since(sequences, member, ended, random) };
                ReportAnswer? answer = null;
                await silo.AdvanceUntil(
                    async () => (answer = await silo.Member($"m{member}").Report(report).Soon()).Outcome != ReportOutcome.Unavailable,
                    () => $"the slices' prices, not {answer}",
                    stepMs: 25);
                Assert.Equal(ReportOutcome.Accepted, answer!.Outcome);
                Assert.Equal(ReportOutcome.Duplicate, (await silo.Member($"m{member}").Report(report).Soon()).Outcome);
                accepted += answer.Units;
                sequences[member]++;
            }

            await AtRest(silo);
        }

        Assert.Equal(accepted, silo.Disk.Accounts().Values.Sum(account => account.TotalUnits));
    }

    /// <summary>
    /// Seen to fail before the class's window kept what the slices that are not closed need: each S was short of the oldest slice of its
    /// window.
    /// </summary>
    [Fact]
    public async Task Closed_slices_are_what_the_log_says()
    {
        await using GridSilo silo = await GridSilo.StartAsync(time: Clock());
        await silo.Found("homes", Ask.Ample with { Window = Short }, Members);
        await silo.Step(1000);
        var random = new Random(2);
        for (int call = 0; call < 120; call++)
        {
            Assert.Equal(Outcome.Admitted, (await silo.Member($"m{random.Next(Members)}").Admit(Ask.For($"k{call}", 3)).Soon()).Outcome);
            await silo.Step(random.Next(200));
        }

        long last = silo.Disk.Admissions()[^1].Slice;
        await silo.AdvanceUntil(() => silo.Disk.SlicesOf(GridSilo.ClassOf("homes")).Any(row => row.Slice > last), "a closed slice", 200);
        IReadOnlyList<Admitted> admitted = silo.Disk.Admissions();
        IReadOnlyList<SliceRow> rows = silo.Disk.SlicesOf(GridSilo.ClassOf("homes"));
        Assert.Equal(rows.Count, rows[^1].Slice - rows[0].Slice + 1);
        Assert.All(rows, row =>
        {
            long units = admitted.Where(entry => entry.Slice == row.Slice).Sum(entry => entry.Units);
            long usage = admitted.Where(entry => entry.Slice <= row.Slice && entry.Slice > row.Slice - Short.Slices).Sum(entry => entry.Units);
            Assert.Equal(new SliceRow(row.Slice, units, usage, Members), row);
        });
    }

    private static ClassPolicy Metered => Ask.Ample with { Entry = UsageEntry.Metered, Window = Long with { GraceMs = 4 * SliceMs } };

    private static FakeTimeProvider Clock() => new(DateTimeOffset.UnixEpoch.AddYears(56));

    // A meter reports every slice once: those since its last report that are still within grace.
    private readonly Dictionary<int, long> _reported = [];

    private System.Collections.Immutable.ImmutableArray<SliceUsage> Since(long[] sequences, int member, long ended, Random random)
    {
        long from = Math.Max(ended - 2, sequences[member] == 0 ? ended : _reported[member] + 1);
        _reported[member] = ended;
        return [.. Enumerable.Range(0, (int)(ended - from + 1)).Select(i => new SliceUsage(from + i, random.Next(0, 50)))];
    }

    /// <summary>Lets the clock run in small steps, for less than a window, until class and members agree at one moment.</summary>
    private static async Task AtRest(GridSilo silo)
    {
        long usage = 0, sum = 0;
        await silo.AdvanceUntil(
            async () =>
            {
                usage = (await silo.Class("homes").GetState())!.UsageUnits;
                MemberState[] members = await Task.WhenAll(Enumerable.Range(0, Members).Select(i => silo.Member($"m{i}").GetState().AsTask()));
                sum = members.Sum(member => member.WindowUsageUnits);
                Assert.True(sum > 0, "All usage has left the window.");
                return usage == sum;
            },
            () => $"one S: it stays {usage} while the members' sum is {sum}",
            stepMs: 20);
    }
}
