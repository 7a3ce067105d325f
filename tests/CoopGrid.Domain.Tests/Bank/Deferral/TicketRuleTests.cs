using CoopGrid.Domain.Bank;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Bank;

/// <summary>Redeeming: Anna holds a ticket of 4 units for second 1,000,000, good for 200 ms before and after it.</summary>
public sealed class TicketRuleTests
{
    private const string Text = "1000000-1";
    private const long StartMs = 1_000_000_000;

    // Ticket, units, ms from its second's start → outcome.
    [Theory]
    [InlineData("", 9, -500, TicketOutcome.Unknown)]
    [InlineData("1000000-2", 9, -500, TicketOutcome.Unknown)]
    [InlineData("1000000-2", 9, 1000, TicketOutcome.Late)]
    [InlineData("1000001-1", 1, 0, TicketOutcome.Unknown)]
    [InlineData("01000000-1", 1, 0, TicketOutcome.Unknown)]
    [InlineData("1000000-1-1", 1, 0, TicketOutcome.Unknown)]
    [InlineData("-1", 1, 0, TicketOutcome.Unknown)]
    [InlineData(Text, 9, 1200, TicketOutcome.Late)]
    [InlineData(Text, 5, -500, TicketOutcome.TooLarge)]
    [InlineData(Text, 4, -201, TicketOutcome.TooEarly)]
    [InlineData(Text, 4, -200, TicketOutcome.Good)]
    [InlineData(Text, 1, 0, TicketOutcome.Good)]
    [InlineData(Text, 4, 1199, TicketOutcome.Good)]
    public void Each_outcome(string text, long units, long ms, TicketOutcome expected)
    {
        TicketDecision decision = TicketRule.Redeem(Held(), text, units, Instant.FromUnixMs(StartMs + ms));
        Assert.Equal(expected, decision.Outcome);
        Assert.Equal(expected == TicketOutcome.Good, decision.Reason.Length == 0);
    }

    /// <summary>Seen to fail with a used ticket that is good again.</summary>
    [Fact]
    public void It_is_good_once()
    {
        HeldTickets held = Held();
        held.Use(Text, "r");
        TicketDecision again = TicketRule.Redeem(held, Text, 4, Instant.FromUnixMs(StartMs));
        Assert.Equal(TicketOutcome.Used, again.Outcome);
        Assert.Contains("'r'", again.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_was_given_back_is_gone()
    {
        HeldTickets held = Held();
        held.Return(1);
        Assert.Equal(TicketOutcome.Unknown, TicketRule.Redeem(held, Text, 4, Instant.FromUnixMs(StartMs)).Outcome);
        Assert.Null(held.ByKey("k"));
    }

    /// <summary>Seen to fail with tickets that are let go a millisecond sooner.</summary>
    [Fact]
    public void A_member_lets_go_of_what_has_closed_when_it_gets_another_one()
    {
        HeldTickets held = Held();
        held.Hold(new(2, "", "k2", 4, 1_000_009, 200), Instant.FromUnixMs(StartMs + 1199));
        Assert.Equal([1L, 2L], held.All.Select(ticket => ticket.Number));
        held.Hold(new(3, "", "k3", 4, 1_000_009, 200), Instant.FromUnixMs(StartMs + 1200));
        Assert.Equal([2L, 3L], held.All.Select(ticket => ticket.Number));
    }

    [Fact]
    public void The_calendar_forgets_a_ticket_only_when_no_lane_could_wait_for_it_any_more()
    {
        var calendar = new DeferralCalendar();
        calendar.Apply(new TicketIssued(1, new(1, "anna", "k", 4, 1_000_000, DeferralCalendar.LongestWaitMs)));
        Assert.Null(calendar.Expire(Instant.FromUnixMs(StartMs + 10_999)));
        calendar.Apply(calendar.Expire(Instant.FromUnixMs(StartMs + 11_000))!);
        Assert.Null(calendar.Expire(Instant.FromUnixMs(StartMs + 99_999)));
        Assert.Equal(new TicketTotals(4, 0, 4), calendar.Totals);
        Assert.Empty(calendar.Snapshot().Tickets);
    }

    [Fact]
    public void The_calendar_takes_a_ticket_back_once_and_from_its_member()
    {
        var calendar = new DeferralCalendar();
        calendar.Apply(new TicketIssued(1, new(1, "anna", "k", 4, 1_000_000, 200)));
        Assert.Null(calendar.Cancel("ben", 1));
        Assert.Null(calendar.Cancel("anna", 2));
        calendar.Apply(calendar.Cancel("anna", 1)!);
        Assert.Equal((0L, 0L), (calendar.UnitsOf("anna"), calendar.Loads.TicketUnits(1_000_000)));
        Assert.Null(calendar.HeldBy("anna", "k"));
        Assert.Null(calendar.Cancel("anna", 1));
    }

    private static HeldTickets Held()
    {
        var held = new HeldTickets();
        held.Hold(new(1, "", "k", 4, 1_000_000, 200), Instant.FromUnixMs(StartMs - 60_000));
        return held;
    }
}
