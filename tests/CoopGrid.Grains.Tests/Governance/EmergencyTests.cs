using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Governance;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Governance;

/// <summary>What an operator does alone takes effect without a call, lapses though nobody acts, and outlives a crash. The multiplier is 2000 all week.</summary>
public sealed class EmergencyTests
{
    private static readonly Caller Operator = new("olga", IsOperator: true);

    private static readonly ClassPolicy Policy = Ask.Ample with
    {
        Price = new() { CapPermille = 3000, TimeOfUse = [new() { Days = 127, FromMinute = 0, ToMinute = 1440, Permille = 2000 }] },
    };

    private readonly Disk _disk = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000));

    private Instant Now => Instant.Now(_clock);

    /// <summary>
    /// Seen to fail with the book not read after the start (never suspended), and without the look at an action's end (suspended beyond it).
    /// </summary>
    [Fact]
    public async Task A_suspension_reaches_admission_without_a_call_and_lapses_by_itself()
    {
        await using GridSilo silo = await Founded();
        Instant from = Now, ends = Now.PlusMs(10_000);
        Accept(await Of(silo).Declare(new SuspendMember("ann"), "a flood", ends, Operator));
        Refuse(EmergencyOutcome.Unchanged, await Of(silo).Declare(new SuspendMember("ann"), "a flood", ends, Operator));

        AdmissionAnswer answer = await Until(silo, "ann", Outcome.MemberSuspended);
        Assert.Contains("a flood", answer.Reason, StringComparison.Ordinal);
        Assert.True(Now.UnixMs - from.UnixMs <= 1000, $"It took {Now.UnixMs - from.UnixMs} ms.");
        await Until(silo, "bob", Outcome.Admitted);
        Assert.Equal(MemberStatus.Suspended, (await silo.StateOf("ann")).Status);

        // The class says no more: what it had said ends all the same.
        await silo.Step((int)(ends.UnixMs - Now.UnixMs) - 100);
        Assert.Equal(Outcome.MemberSuspended, (await Admit(silo, "ann")).Outcome);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.NotEqual(Outcome.MemberSuspended, (await Admit(silo, "ann")).Outcome);
        Assert.Equal(MemberStatus.Active, (await silo.StateOf("ann")).Status);
        EmergencyView view = Assert.Single(await Of(silo).List(0, 10));
        Assert.Equal((1, "olga", "a flood", ends, null), (view.Number, view.DeclaredBy, view.Reason, view.EndsAt, view.LiftedAt));
        Assert.DoesNotContain(_disk.Entries(), entry => entry.Entry is Domain.Usage.StatusChanged);
    }

    [Fact]
    public async Task A_lifted_suspension_ends_and_is_published_with_its_reason()
    {
        await using GridSilo silo = await Founded();
        Accept(await Of(silo).Declare(new SuspendMember("ann"), "a flood", Now.PlusMs(3_600_000), Operator));
        await Until(silo, "ann", Outcome.MemberSuspended);
        Accept(await Of(silo).Lift(1, "a mistake", Operator));
        await Until(silo, "ann", Outcome.Admitted);
        Refuse(EmergencyOutcome.Unchanged, await Of(silo).Lift(1, "a mistake", Operator));
        EmergencyView view = Assert.Single(await Of(silo).List(0, 10));
        Assert.Equal(("olga", "a mistake"), (view.LiftedBy, view.LiftReason));
        Assert.Equal(view.LiftedAt, view.EndsAt);
    }

    /// <summary>
    /// Declared in the store and by nobody heard of: the silo dies between. Seen to fail with the book not read at the start.
    /// </summary>
    [Fact]
    public async Task What_was_declared_before_a_crash_holds_in_the_next_life()
    {
        GridSilo silo = await Founded();
        await silo.Kill();
        byte[] entry = EmergencyEntryJson.Write(new EmergencyDeclared(1, Now, "olga", "a flood", new SuspendMember("ann"), Now.PlusMs(3_600_000)));
        lock (_disk.Lock) _disk.Books[new BookId(GridSilo.Coop, EmergencyReader.Kind, "actions")] = [entry];

        await using GridSilo next = await GridSilo.StartAsync(_disk, _clock);
        await next.Leased("homes");
        Assert.Equal(Outcome.MemberSuspended, (await Admit(next, "ann")).Outcome);
        Refuse(EmergencyOutcome.Unchanged, await Of(next).Declare(new SuspendMember("ann"), "a flood", Now.PlusMs(3_600_000), Operator));
        await Until(next, "bob", Outcome.Admitted);
    }

    /// <summary>The price history shows the cap of every period.</summary>
    [Fact]
    public async Task A_lower_cap_holds_at_once_and_bills_cite_what_was_voted()
    {
        await using GridSilo silo = await Founded();
        await silo.AdvanceUntil(async () => (await Admit(silo, "bob")).MultiplierPermille == 2000, () => "the price of the day", stepMs: 100);
        Instant ends = Now.PlusMs(5_000);
        Accept(await Of(silo).Declare(new LowerCap("homes", 1500), "a storm", ends, Operator));
        AdmissionAnswer? answer = null;
        await silo.AdvanceUntil(async () => (answer = await Admit(silo, "bob")).MultiplierPermille == 1500, () => $"the lower cap, not {answer}", stepMs: 50);
        Assert.Equal(1, answer!.PolicyVersion);
        Assert.Equal(1, (await silo.Class("homes").GetState())!.Policy.Version);

        await silo.AdvanceUntil(async () => (await Admit(silo, "bob")).MultiplierPermille == 2000, () => "the end of the emergency", stepMs: 100);
        Assert.True(Now >= ends);
        await silo.Step(3000);
        (int Cap, int Multiplier)[] prices = [.. _disk.PricesOf(GridSilo.ClassOf("homes")).Select(row => (row.CapPermille, row.MultiplierPermille)).Distinct()];
        Assert.Equal([(3000, 2000), (1500, 1500)], prices);

        // A row prices the period after it: the cap of a period's beginning counts.
        foreach (PricePeriod row in _disk.PricesOf(GridSilo.ClassOf("homes")))
        {
            for (long period = row.Period; period < row.Period + row.Count; period++)
            {
                Instant priced = Instant.FromUnixMs((period + 1) * 1000);
                bool low = priced >= (await Of(silo).List(0, 1))[0].DeclaredAt && priced < ends;
                Assert.Equal(low ? 1500 : 3000, row.CapPermille);
            }
        }
    }

    /// <summary>Seen to fail with a class that divides by the voted policy (no floor is told).</summary>
    [Fact]
    public async Task A_raised_guarantee_is_a_floor_at_every_gate_until_it_lapses()
    {
        await using GridSilo silo = await Founded();
        ClassGate gate = (await silo.Service<ClassGates>().GetAsync(GridSilo.ClassOf("homes")))!;
        Assert.Equal(0, Floor(gate));
        Accept(await Of(silo).Declare(new RaiseGuarantee("homes", "bulk", 200), "a fire", Now.PlusMs(5_000), Operator));
        await silo.AdvanceUntil(() => Floor(gate) == 200_000 && Told(gate) > 0, "a floor for bulk", stepMs: 50);
        await silo.AdvanceUntil(() => Floor(gate) == 0 && Told(gate) == 0, "the end of the floor", stepMs: 100);
        Assert.Equal(1, gate.PlanAt(gate.View, Policy.Window.SliceAt(Now)).Policy.Version);

        long Floor(ClassGate of) => of.PlanAt(of.View, Policy.Window.SliceAt(Now)).Plan.FloorUnitsPerSecond(2);
        static long Told(ClassGate of) => of.View.Signal.LaneFloorMills is { Length: 3 } mills ? mills[2] : 0;
    }

    [Fact]
    public async Task What_an_operator_may_not_do_is_refused_with_its_reason()
    {
        await using GridSilo silo = await Founded();
        IEmergencyGrain emergencies = Of(silo);
        Instant soon = Now.PlusMs(10_000);
        Refuse(EmergencyOutcome.Invalid, await emergencies.Declare(new SuspendMember("ann"), "", soon, Operator));
        Refuse(EmergencyOutcome.Invalid, await emergencies.Declare(new SuspendMember("ann"), "a flood", Now, Operator));
        Refuse(EmergencyOutcome.NotAllowed, await emergencies.Declare(new SuspendMember("ann"), "a flood", soon, new("bob", IsOperator: false)));
        Refuse(EmergencyOutcome.TargetUnknown, await emergencies.Declare(new SuspendMember("zoe"), "a flood", soon, Operator));
        Refuse(EmergencyOutcome.TargetUnknown, await emergencies.Declare(new LowerCap("firms", 1500), "a storm", soon, Operator));
        Refuse(EmergencyOutcome.NotStricter, await emergencies.Declare(new LowerCap("homes", 3000), "a storm", soon, Operator));
        Refuse(EmergencyOutcome.TooLong, await emergencies.Declare(new LowerCap("homes", 1500), "a storm", Now.PlusMs(30L * 86_400_000), Operator));
        Refuse(EmergencyOutcome.PolicyInvalid, await emergencies.Declare(new RaiseGuarantee("homes", "bulk", 950), "a fire", soon, Operator));
        Refuse(EmergencyOutcome.ActionUnknown, await emergencies.Lift(1, "over", Operator));
        Assert.Empty(await emergencies.List(0, 10));
    }

    private async Task<GridSilo> Founded()
    {
        GridSilo silo = await GridSilo.StartAsync(_disk, _clock);
        string charter = $$"""
            { "coop": "{{GridSilo.Coop}}", "classes": { "homes": {{PolicyJson.Write(Policy)}} },
              "members": [ { "name": "ann", "class": "homes" }, { "name": "bob", "class": "homes" } ] }
            """;
        Assert.True(await silo.Grains.GetGrain<ICoopGrain>(GridSilo.Coop).Found(charter).Soon());
        await silo.Leased("homes");
        await Until(silo, "ann", Outcome.Admitted);
        return silo;
    }

    private static IEmergencyGrain Of(GridSilo silo) => silo.Grains.GetGrain<IEmergencyGrain>(GridSilo.Coop);

    private static Task<AdmissionAnswer> Admit(GridSilo silo, string member) => silo.Member(member).Admit(Ask.For(Guid.NewGuid().ToString("N"))).Soon();

    private static async Task<AdmissionAnswer> Until(GridSilo silo, string member, Outcome outcome)
    {
        AdmissionAnswer? answer = null;
        await silo.AdvanceUntil(async () => (answer = await Admit(silo, member)).Outcome == outcome, () => $"{outcome} for {member}, not {answer}", stepMs: 50);
        return answer!;
    }

    private static void Accept(EmergencyAnswer answer) => Assert.True(answer.Outcome == EmergencyOutcome.Accepted, $"{answer.Outcome}: {answer.Reason}");

    private static void Refuse(EmergencyOutcome expected, EmergencyAnswer answer)
    {
        Assert.Equal(expected, answer.Outcome);
        Assert.NotEmpty(answer.Reason);
    }
}
