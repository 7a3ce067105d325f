using CoopGrid.Domain.Bank;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Bank;

/// <summary>Redeeming and cancelling: Anna holds a ticket of 4 units for second 1,000,000, good for 200 ms before and after it.</summary>
public sealed class TicketRuleTests
{
    private const string Text = "1000000-1";
    private const long StartMs = 1_000_000_000;

    // Ticket, member, key, units, ms from its second's start → outcome. The key "used" has redeemed it if the row says so.
    [Theory]
    [InlineData("", "ben", 9, -500, TicketOutcome.Unknown)]
    [InlineData("1000000-2", "ben", 9, -500, TicketOutcome.Unknown)]
    [InlineData("1000001-1", "anna", 1, 0, TicketOutcome.Unknown)]
    [InlineData("01000000-1", "anna", 1, 0, TicketOutcome.Unknown)]
    [InlineData("1000000-1-1", "anna", 1, 0, TicketOutcome.Unknown)]
    [InlineData("-1", "anna", 1, 0, TicketOutcome.Unknown)]
    [InlineData(Text, "ben", 9, 5000, TicketOutcome.AnotherMembers)]
    [InlineData(Text, "anna", 9, 1200, TicketOutcome.Late)]
    [InlineData(Text, "anna", 5, -500, TicketOutcome.TooLarge)]
    [InlineData(Text, "anna", 4, -201, TicketOutcome.TooEarly)]
    [InlineData(Text, "anna", 4, -200, TicketOutcome.Redeemed)]
    [InlineData(Text, "anna", 1, 0, TicketOutcome.Redeemed)]
    [InlineData(Text, "anna", 4, 1199, TicketOutcome.Redeemed)]
    public void Each_outcome(string text, string member, long units, long ms, TicketOutcome expected)
    {
        DeferralCalendar calendar = Issued();
        TicketDecision decision = TicketRule.Redeem(calendar, new(member, "r", text, units), Instant.FromUnixMs(StartMs + ms));
        Assert.Equal(expected, decision.Outcome);
        Assert.Equal(expected == TicketOutcome.Redeemed ? new TicketRedeemed(2, 1, "r") : null, decision.Entry);
        Assert.True(calendar.Find(1)!.IsOpen);
    }

    /// <summary>Seen to fail with the ticket used up for the key that used it, and for nobody.</summary>
    [Fact]
    public void It_is_good_once_and_for_the_same_key_again_while_it_is_good()
    {
        DeferralCalendar calendar = Issued();
        calendar.Apply(Redeem(calendar, "r", 0).Entry!);
        Assert.Equal((TicketOutcome.Redeemed, null), (Redeem(calendar, "r", 1100).Outcome, Redeem(calendar, "r", 1100).Entry));
        Assert.Equal(TicketOutcome.Late, Redeem(calendar, "r", 1200).Outcome);
        Assert.Equal(TicketOutcome.Used, Redeem(calendar, "another", 5000).Outcome);
        Assert.Equal((0L, 4L), (calendar.OpenUnitsOf("anna"), calendar.Loads.TicketUnits(1_000_000)));
    }

    [Theory]
    [InlineData(Text, "anna", -201, false, TicketOutcome.Cancelled)]
    [InlineData(Text, "anna", -200, false, TicketOutcome.Late)]
    [InlineData(Text, "anna", -201, true, TicketOutcome.Used)]
    [InlineData(Text, "ben", -201, true, TicketOutcome.AnotherMembers)]
    [InlineData("1000000-3", "ben", -201, false, TicketOutcome.Unknown)]
    public void Cancelling_gives_room_back_before_the_ticket_opens_only(string text, string member, long ms, bool used, TicketOutcome expected)
    {
        DeferralCalendar calendar = Issued();
        if (used) calendar.Apply(Redeem(calendar, "r", 0).Entry!);
        TicketDecision decision = TicketRule.Cancel(calendar, member, text, Instant.FromUnixMs(StartMs + ms));
        Assert.Equal(expected, decision.Outcome);
        if (decision.Entry is { } entry) calendar.Apply(entry);
        Assert.Equal(expected == TicketOutcome.Cancelled ? 0 : 4, calendar.Loads.TicketUnits(1_000_000));
        if (expected != TicketOutcome.Cancelled) return;
        Assert.Equal(TicketOutcome.Unknown, Redeem(calendar, "r", 0).Outcome);
        Assert.Equal((0L, 0), (calendar.OpenUnitsOf("anna"), calendar.OpenTicketsOf("anna").Count));
        Assert.Null(calendar.HeldBy("anna", "k"));
    }

    /// <summary>Seen to fail with seconds that pass a second too soon, and after a shorter wait than the longest.</summary>
    [Fact]
    public void A_ticket_is_forgotten_only_when_no_lane_could_wait_for_it_any_more()
    {
        DeferralCalendar calendar = Issued(waitMs: DeferralCalendar.LongestWaitMs);
        calendar.Apply(calendar.Expire(Instant.FromUnixMs(StartMs + 10_999))!);
        Assert.Equal(TicketOutcome.Redeemed, Redeem(calendar, "r", 10_999).Outcome);
        calendar.Apply(calendar.Expire(Instant.FromUnixMs(StartMs + 11_000))!);
        Assert.Null(calendar.Expire(Instant.FromUnixMs(StartMs + 11_999)));
        Assert.Equal(TicketOutcome.Late, Redeem(calendar, "r", 11_000).Outcome);
        Assert.Equal(TicketOutcome.Late, Redeem(calendar, "r", 0).Outcome);
        Assert.Equal(new TicketTotals(4, 0, 0, 4), calendar.Totals);
        Assert.Empty(calendar.Snapshot().Tickets);
    }

    private static DeferralCalendar Issued(int waitMs = 200)
    {
        var calendar = new DeferralCalendar();
        calendar.Apply(new TicketIssued(1, new(1, "anna", "k", 4, 1_000_000, waitMs)));
        return calendar;
    }

    private static TicketDecision Redeem(DeferralCalendar calendar, string key, long ms) =>
        TicketRule.Redeem(calendar, new("anna", key, Text, 4), Instant.FromUnixMs(StartMs + ms));
}
