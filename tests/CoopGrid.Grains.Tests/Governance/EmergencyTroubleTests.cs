using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Governance;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Market;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Governance;

/// <summary>Emergency actions when stores fail, clocks differ and nobody runs. The multiplier is 2000 all week; a price lasts ten seconds.</summary>
public sealed class EmergencyTroubleTests
{
    private const int PeriodMs = 10_000;

    private static readonly BookId Book = new(GridSilo.Coop, EmergencyReader.Kind, "actions");
    private static readonly Caller Operator = new("olga", IsOperator: true);

    private static readonly ClassPolicy Policy = Ask.Ample with
    {
        Window = new() { SliceMs = PeriodMs, Slices = 6, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 60_000 } },
        Price = new() { ControlPeriodMs = PeriodMs, CapPermille = 3000, TimeOfUse = [new() { Days = 127, FromMinute = 0, ToMinute = 1440, Permille = 2000 }] },
    };

    private readonly Disk _disk = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000));

    private Instant Now => Instant.Now(_clock);

    /// <summary>Seen to fail with an activation that stays.</summary>
    [Theory]
    [InlineData(Fate.Lost)]
    [InlineData(Fate.StoredUnheard)]
    public async Task What_became_of_an_action_is_read_from_the_book_and_the_next_one_is_taken(object fate)
    {
        await using GridSilo silo = await Founded();
        silo.Service<TroubledBooks>().Next = () => (Fate)fate;
        Instant ends = Now.PlusMs(60_000);
        await Assert.ThrowsAnyAsync<Exception>(() => Of(silo).Declare(new SuspendMember("ann"), "a flood", ends, Operator).Soon());
        silo.Service<TroubledBooks>().Next = () => Fate.Stored;
        EmergencyOutcome again = (Fate)fate == Fate.Lost ? EmergencyOutcome.Accepted : EmergencyOutcome.Unchanged;
        await Answers(silo, new SuspendMember("ann"), ends, again);
        await Answers(silo, new SuspendMember("bob"), ends, EmergencyOutcome.Accepted);
        Assert.Equal(2, (await Of(silo).List(0, 10)).Length);
    }

    /// <summary>As an activation does that is cut off from the others. Seen to fail with the append's answer ignored.</summary>
    [Fact]
    public async Task What_somebody_else_has_written_meanwhile_is_not_answered_as_done()
    {
        await using GridSilo silo = await Founded();
        Assert.Empty(await Of(silo).List(0, 10));
        Write(new EmergencyDeclared(1, Now, "olaf", "a storm", new SuspendMember("bob"), Now.PlusMs(60_000)));
        Instant ends = Now.PlusMs(60_000);
        await Assert.ThrowsAnyAsync<Exception>(() => Of(silo).Declare(new SuspendMember("ann"), "a flood", ends, Operator).Soon());
        await Answers(silo, new SuspendMember("ann"), ends, EmergencyOutcome.Accepted);
        Assert.Equal([1, 2], (await Of(silo).List(0, 10)).Select(action => action.Number));
    }

    /// <summary>
    /// Within a second, though the price has seconds to go; and what is over is told no more. Seen to fail with a cap that waits, with a book that is read only when a
    /// price is due, and with all actions told for ever.
    /// </summary>
    [Fact]
    public async Task A_lower_cap_does_not_wait_for_the_next_price()
    {
        await using GridSilo silo = await Founded();
        await Priced(silo, 2000);
        await silo.AdvanceUntil(() => Now.UnixMs % PeriodMs is > 1000 and < 2000, "the beginning of a price", stepMs: 50);
        Instant declared = Now;
        Accept(await Of(silo).Declare(new LowerCap("homes", 1500), "a storm", Now.PlusMs(4000), Operator));
        await Priced(silo, 1500);
        Assert.InRange(Now.UnixMs - declared.UnixMs, 0, 1000);
        await Priced(silo, 2000);
        Assert.InRange(Now.UnixMs - declared.UnixMs, 4000, 5000);
        Assert.True(Now.UnixMs % PeriodMs > 1000, "The price changed meanwhile.");
        ClassGate gate = (await silo.Service<ClassGates>().GetAsync(GridSilo.ClassOf("homes")))!;
        Assert.Empty(gate.View.Signal.Emergencies);
    }

    /// <summary>The periods of all that time are closed at once. Seen to fail with one policy for all of them.</summary>
    [Fact]
    public async Task A_cap_that_lapses_while_nobody_runs_lapses_in_the_price_history()
    {
        GridSilo silo = await Founded();
        await Priced(silo, 2000);
        Accept(await Of(silo).Declare(new LowerCap("homes", 1500), "a storm", Now.PlusMs(60_000), Operator));
        await Priced(silo, 1500);
        Instant ends = (await Of(silo).List(0, 1))[0].EndsAt;
        await silo.Kill();
        _clock.Advance(TimeSpan.FromMinutes(5));

        await using GridSilo next = await GridSilo.StartAsync(_disk, _clock, TroubledBooks.PutBefore);
        long last = (Now.UnixMs / PeriodMs) - 2;
        await next.AdvanceUntil(() => Rows().Any(row => row.Period + row.Count > last), "the periods of the time without a silo", stepMs: 100);
        foreach (PricePeriod row in Rows())
        {
            for (long period = row.Period; period < row.Period + row.Count; period++)
            {
                long priced = (period + 1) * PeriodMs;
                if (priced < ends.UnixMs - 60_000) continue;
                Assert.Equal((priced, priced < ends.UnixMs ? 1500 : 2000), (priced, row.MultiplierPermille));
            }
        }

        Assert.Contains(Rows(), row => row.MultiplierPermille == 1500);

        IReadOnlyList<PricePeriod> Rows() => _disk.PricesOf(GridSilo.ClassOf("homes"));
    }

    /// <summary>
    /// Lifted by an operator whose silo's clock is ahead: it holds nowhere any more. Seen to fail with the class's clock in what it tells, and in what it goes by.
    /// </summary>
    [Fact]
    public async Task What_was_lifted_by_a_clock_ahead_is_lifted()
    {
        await using GridSilo silo = await Founded();
        Instant ahead = Now.PlusMs(60_000);
        Write(
            new EmergencyDeclared(1, Now, "olga", "a flood", new SuspendMember("ann"), Now.PlusMs(600_000)),
            new EmergencyDeclared(2, Now, "olga", "a fire", new RaiseGuarantee("homes", "bulk", 200), Now.PlusMs(600_000)),
            new EmergencyLifted(1, ahead, "olga", "over"),
            new EmergencyLifted(2, ahead, "olga", "over"));
        ClassGate gate = (await silo.Service<ClassGates>().GetAsync(GridSilo.ClassOf("homes")))!;
        for (int i = 0; i < 20; i++)
        {
            await silo.Step(100);
            Assert.NotEqual(Outcome.MemberSuspended, (await Admit(silo, "ann")).Outcome);
            Assert.Equal(0, gate.View.Signal.LaneFloorMills is { Length: 3 } mills ? mills[2] : 0);
        }
    }

    /// <summary>Seen to fail with everybody that the directory knows.</summary>
    [Fact]
    public async Task Who_has_left_cannot_be_suspended()
    {
        await using GridSilo silo = await Founded();
        ExitAnswer? left = null;
        await silo.AdvanceUntil(
            async () => (left = await silo.Member("bob").Exit("moved").Soon()).Outcome == MemberOutcome.Changed, () => $"an exit, not {left}", stepMs: 50);
        await Answers(silo, new SuspendMember("bob"), Now.PlusMs(10_000), EmergencyOutcome.TargetUnknown);
    }

    /// <summary>By the numbers that members voted last, as the proposal's own book has them. Seen to fail where what is handed in was adopted.</summary>
    [Fact]
    public async Task How_long_an_action_may_last_is_what_was_voted_last()
    {
        await using GridSilo silo = await Founded();
        ICoopGrain coop = silo.Grains.GetGrain<ICoopGrain>(GridSilo.Coop);
        GovernanceVersion founding = (await coop.GetGovernance())[^1];
        GovernanceEffect voted = ExecutedProposal.Of(_disk, Now, founding.Governance with { Version = founding.Governance.Version + 1, EmergencyLongestMs = 3_600_000 });
        await Assert.ThrowsAsync<InvalidOperationException>(() => coop.Adopt(new(voted.Governance, voted.Origin with { Proposal = "p-1" })));
        Assert.True(await coop.Adopt(new(voted.Governance with { EmergencyLongestMs = 7_200_000 }, voted.Origin)));
        await Answers(silo, new SuspendMember("ann"), Now.PlusMs(3_600_001), EmergencyOutcome.TooLong);
        await Answers(silo, new SuspendMember("ann"), Now.PlusMs(3_600_000), EmergencyOutcome.Accepted);
    }

    [Fact]
    public async Task A_long_book_is_read_to_its_end()
    {
        _disk.Books[Book] = [.. Enumerable.Range(1, 1001).Select(i => EmergencyEntryJson.Write(
            new EmergencyDeclared(i, Now, "olga", "a flood", new SuspendMember($"m{i}"), Now.PlusMs(1))))];
        var reader = new EmergencyReader(new DiskBooks(_disk, new()), GridSilo.Coop);
        await reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal((1001, 1001), ((int)reader.Sequence, reader.Book.All.Count));
    }

    private async Task<GridSilo> Founded()
    {
        GridSilo silo = await GridSilo.StartAsync(_disk, _clock, TroubledBooks.PutBefore);
        string charter = $$"""
            { "coop": "{{GridSilo.Coop}}", "classes": { "homes": {{PolicyJson.Write(Policy)}} },
              "members": [ { "name": "ann", "class": "homes" }, { "name": "bob", "class": "homes" } ] }
            """;
        Assert.True(await silo.Grains.GetGrain<ICoopGrain>(GridSilo.Coop).Found(charter).Soon());
        await silo.Leased("homes");
        return silo;
    }

    private void Write(params EmergencyEntry[] entries)
    {
        lock (_disk.Lock) _disk.Books[Book] = [.. entries.Select(EmergencyEntryJson.Write)];
    }

    private static IEmergencyGrain Of(GridSilo silo) => silo.Grains.GetGrain<IEmergencyGrain>(GridSilo.Coop);

    private static Task<AdmissionAnswer> Admit(GridSilo silo, string member) => silo.Member(member).Admit(Ask.For(Guid.NewGuid().ToString("N"))).Soon();

    private static async Task Priced(GridSilo silo, int multiplier)
    {
        AdmissionAnswer? answer = null;
        await silo.AdvanceUntil(
            async () => (answer = await Admit(silo, "bob")) is { Outcome: Outcome.Admitted } admitted && admitted.MultiplierPermille == multiplier,
            () => $"a price of {multiplier}, not {answer}",
            stepMs: 50);
    }

    // The activation whose append failed goes when it is idle; until then it may refuse the call.
    private static async Task Answers(GridSilo silo, EmergencyAction action, Instant ends, EmergencyOutcome outcome)
    {
        object? last = null;
        await silo.AdvanceUntil(
            async () =>
            {
                try
                {
                    last = await Of(silo).Declare(action, "a flood", ends, Operator).Soon();
                }
                catch (Exception failure) when (failure is not Xunit.Sdk.XunitException and not TimeoutException)
                {
                    last = failure;
                }

                return last is EmergencyAnswer;
            },
            () => $"{outcome}, not {last}",
            stepMs: 1);
        Assert.Equal(outcome, ((EmergencyAnswer)last!).Outcome);
    }

    private static void Accept(EmergencyAnswer answer) => Assert.True(answer.Outcome == EmergencyOutcome.Accepted, $"{answer.Outcome}: {answer.Reason}");
}
