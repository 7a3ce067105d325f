using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Admission;

/// <summary>
/// Deferral in the table of SPEC.md §4: a request of 5 units that may be sent within an hour, and its ticket for a second 60 s ahead, good for 100 ms more.
/// </summary>
public sealed class TicketAdmissionTests
{
    private static readonly long Second = (Scene.Now.UnixMs / 1000) + 60;
    private static readonly Ticket Cut = new(7, "anna", "k", 5, Second, 100);
    private static readonly ClassPolicy Policy = new Scene().Policy with
    {
        Tariff = new() { BaselineUnits = 52 },
        Quota = new() { UnitsPerSecond = 10, BurstUnits = 5 },
        Deferral = new() { HorizonMs = 3_600_000 },
    };

    [Fact]
    public void No_room_or_too_high_a_price_asks_for_a_ticket_if_there_is_a_deadline_and_the_class_gives_some()
    {
        Scene scene = Full();
        Assert.Equal((Outcome.CapacityExceeded, true, true), (scene.Decide().Answer.Outcome, scene.Decide().MayDefer, scene.Decide().LacksRoom));
        scene.Room.IsFull = false;
        (scene.Multiplier, scene.MaxMultiplier) = (1501, 1500);
        Assert.Equal((Outcome.CapacityExceeded, true, false), (scene.Decide().Answer.Outcome, scene.Decide().MayDefer, scene.Decide().LacksRoom));
        scene.DeferUntil = 0;
        Assert.Equal((Outcome.PriceAboveLimit, false), (scene.Decide().Answer.Outcome, scene.Decide().MayDefer));
        scene = Full();
        scene.Policy = scene.Policy with { Deferral = new() };
        Assert.False(scene.Decide().MayDefer);
    }

    [Fact]
    public void A_ticket_settles_quota_and_baseline_at_once_and_is_never_surcharged()
    {
        Scene scene = Full();
        scene.Multiplier = 3000;
        MemberAccount account = scene.Build();
        Decision decision = Defer(scene, account);
        Assert.Equal(Outcome.Deferred, decision.Answer.Outcome);
        Assert.Equal((Cut.Text, Second * 1000), (decision.Answer.Ticket, decision.Answer.NotBeforeUnixMs));
        Assert.Equal((new Covered(0, 0, 2, 0, 3), 1000), (decision.Answer.Covered, decision.Answer.MultiplierPermille));
        Assert.Equal((55L, 0L, 5_000_000L), (account.UsageAt(Scene.Slice), decision.Answer.BaselineRemainingUnits, account.Quota.SpentMicroUnits));
        Assert.Empty(scene.Room.Taken);
        scene.Key = "other";
        Assert.Equal(Outcome.QuotaExceeded, scene.Decide(account).Answer.Outcome);
    }

    /// <summary>Seen to fail with the ticket not held by the account (unknown), and with one that is not used up.</summary>
    [Theory]
    [InlineData(-101, Outcome.Deferred)]
    [InlineData(-100, Outcome.Admitted)]
    [InlineData(1099, Outcome.Admitted)]
    [InlineData(1100, Outcome.TicketInvalid)]
    public void In_its_second_it_passes_quota_price_and_room_and_charges_nothing_more(long ms, Outcome expected)
    {
        Scene scene = Full();
        MemberAccount account = scene.Build();
        Defer(scene, account);
        (scene.Key, scene.Ticket, scene.DeferUntil, scene.Multiplier, scene.MaxMultiplier) = ("r", Cut.Text, 0, 4000, 1001);
        Decision decision = At(scene, account, ms, new(Second, Second));
        Assert.Equal(expected, decision.Answer.Outcome);
        Assert.Equal(expected == Outcome.Admitted, decision.Entry is not null);
        if (expected == Outcome.Deferred) Assert.Equal((Cut.Text, Second * 1000), (decision.Answer.Ticket, decision.Answer.NotBeforeUnixMs));
        if (decision.Entry is not { } entry) return;
        Assert.Equal((1000, 5L, new Covered(0, 5, 0, 0, 0)), (decision.Answer.MultiplierPermille, decision.Answer.Units, decision.Answer.Covered));
        account.Apply(entry);
        Assert.Equal((55L, 55L), (account.UsageAt(Scene.Slice), account.TotalUnits));

        // The same key is told the same; another one is told that the ticket is used.
        Decision again = At(scene, account, ms, new(Second, Second));
        Assert.Equal((Outcome.Admitted, true, null), (again.Answer.Outcome, again.Answer.Replayed, again.Entry));
        scene.Key = "r2";
        Assert.Equal(Outcome.TicketInvalid, At(scene, account, ms, new(Second, Second)).Answer.Outcome);
    }

    /// <summary>What a gate has not heard to be set aside is not given: over capacity nobody knows. Seen to fail without the look at what is backed.</summary>
    [Fact]
    public void Without_word_that_its_second_is_backed_nothing_is_decided()
    {
        Scene scene = Full();
        MemberAccount account = scene.Build();
        Defer(scene, account);
        (scene.Key, scene.Ticket) = ("r", Cut.Text);
        foreach (BackedSeconds backed in new BackedSeconds[] { default, new(Second - 5, Second - 1), new(Second + 1, Second + 5) })
            Assert.Equal((Outcome.Unavailable, null), (At(scene, account, 0, backed).Answer.Outcome, At(scene, account, 0, backed).Entry));
    }

    [Fact]
    public void The_deferred_key_is_told_its_ticket_again()
    {
        Scene scene = Full();
        MemberAccount account = scene.Build();
        Defer(scene, account);
        scene.Room.IsFull = false;
        Decision again = scene.Decide(account);
        Assert.Equal((Outcome.Deferred, true, Cut.Text, null), (again.Answer.Outcome, again.Answer.Replayed, again.Answer.Ticket, again.Entry));
    }

    /// <summary>
    /// Past the dedupe window the key is forgotten, and the class gives the ticket that it holds: it is charged no second time. Seen to fail without the look
    /// at the account's tickets.
    /// </summary>
    [Fact]
    public void A_ticket_that_is_held_already_is_not_charged_again()
    {
        Scene scene = Full();
        MemberAccount account = scene.Build();
        Defer(scene, account);
        account.Keys.Forget(Scene.Now.PlusMs(1));
        scene.Policy = scene.Policy with { Quota = new() };
        Decision again = AdmissionRule.Decide(account, scene.Request, scene.Conditions with { Cut = Cut }, CapacityPlan.From(scene.Policy), scene.Room);
        Assert.Equal((Outcome.Deferred, true, Cut.Text, null), (again.Answer.Outcome, again.Answer.Replayed, again.Answer.Ticket, again.Entry));
    }

    /// <summary>Seen to fail with tickets that can be given back once they are open, and in part.</summary>
    [Theory]
    [InlineData(-101, 0, CancelOutcome.Returned)]
    [InlineData(-101, 5, CancelOutcome.Returned)]
    [InlineData(-101, 4, CancelOutcome.UnitsOutOfRange)]
    [InlineData(-100, 0, CancelOutcome.TicketOpened)]
    public void It_is_given_back_whole_and_before_it_opens(long ms, long units, CancelOutcome expected)
    {
        Scene scene = Full();
        MemberAccount account = scene.Build();
        Defer(scene, account);
        Conditions now = scene.Conditions with { Now = Instant.FromUnixMs((Second * 1000) + ms) };
        (CancelAnswer answer, Cancelled? entry) = CancelRule.Decide(account, "k", units, "relay", now);
        Assert.Equal(expected, answer.Outcome);
        if (entry is null) return;
        account.Apply(entry);
        Assert.Equal((50L, 0), (account.UsageAt(Scene.Slice), account.Tickets.All.Count));
        (scene.Key, scene.Ticket) = ("r", Cut.Text);
        Assert.Equal(Outcome.TicketInvalid, At(scene, account, 0, new(Second, Second)).Answer.Outcome);
        (scene.Key, scene.Ticket) = ("k", "");
        Assert.Equal(Outcome.KeyCancelled, scene.Decide(account).Answer.Outcome);
    }

    [Fact]
    public void What_a_ticket_admitted_counts_as_used()
    {
        Scene scene = Full();
        MemberAccount account = scene.Build();
        Defer(scene, account);
        (scene.Key, scene.Ticket) = ("r", Cut.Text);
        account.Apply(At(scene, account, 0, new(Second, Second)).Entry!);
        foreach (string key in new[] { "k", "r" })
            Assert.Equal(CancelOutcome.TicketOpened, CancelRule.Decide(account, key, 0, "relay", scene.Conditions).Answer.Outcome);
    }

    /// <summary>Seen to fail with tickets left out of the snapshot.</summary>
    [Fact]
    public void An_account_comes_back_with_its_tickets()
    {
        Scene scene = Full();
        MemberAccount account = scene.Build();
        Defer(scene, account);
        MemberAccount back = MemberAccount.Restore(account.Snapshot());
        (scene.Key, scene.Ticket) = ("r", Cut.Text);
        Assert.Equal(Outcome.Admitted, At(scene, back, 0, new(Second, Second)).Answer.Outcome);
    }

    private static Scene Full()
    {
        var scene = new Scene { Policy = Policy, DeferUntil = Scene.Now.UnixMs + 3_600_000 };
        scene.Room.IsFull = true;
        return scene;
    }

    private static Decision Defer(Scene scene, MemberAccount account)
    {
        Decision decision = AdmissionRule.Decide(account, scene.Request, scene.Conditions with { Cut = Cut }, CapacityPlan.From(scene.Policy), scene.Room);
        account.Apply(decision.Entry!);
        return decision;
    }

    private static Decision At(Scene scene, MemberAccount account, long ms, BackedSeconds backed) => AdmissionRule.Decide(
        account,
        scene.Request,
        scene.Conditions with { Now = Instant.FromUnixMs((Second * 1000) + ms), Backed = backed },
        CapacityPlan.From(scene.Policy),
        scene.Room);
}
