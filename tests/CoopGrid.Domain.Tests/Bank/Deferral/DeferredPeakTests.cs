using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Pricing;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Bank;

/// <summary>
/// Forty minutes with a peak of two minutes at ten times the mean, priced by <see cref="PriceRule"/>. Three relays send one unit a second without any baseline: one at
/// once whatever it costs, one with a bank, and one that takes no multiplier above 1000 and has half an hour.
/// </summary>
public sealed class DeferredPeakTests
{
    private const int Seconds = 2400;
    private const int PeakFrom = 300;
    private const int PeakUntil = 420;

    private static readonly ClassPolicy Policy = new()
    {
        Capacity = new() { UnitsPerSecond = 100, BurstUnits = 400, MaxRequestUnits = 10 },
        Price = new() { TargetPermille = 800, DoublingPeriods = 60, CapPermille = 5000 },
    };

    private static readonly DeferralTerms Terms = DeferralTerms.Of(Policy with { Deferral = new() { HorizonMs = 1_800_000, MemberCapUnits = 1000 } });

    /// <summary>Seen to fail with a search for room that starts at its block's first second: a ticket for a second that is over.</summary>
    [Fact]
    public void Who_defers_through_a_peak_pays_no_surge()
    {
        var play = new Play();
        for (int second = 0; second < Seconds; second++) play.Second(second);

        // The peak is one: ten times the mean, and it does raise the price.
        Assert.True((long)play.PeakDemand * Seconds >= 10 * play.Demand);
        Assert.InRange(play.Highest, 3000, 5000);

        // All sent all of their units.
        Assert.Equal((Seconds, Seconds, Seconds), (play.SentAtOnce, play.SentLater, play.SentBanked));
        Assert.InRange(play.Redeemed, PeakUntil - PeakFrom, Seconds);
        Assert.Equal((Int128)play.Redeemed, play.Calendar.Totals.Issued);

        Assert.Equal(0, play.SurchargeLater);
        Assert.InRange(play.SurchargeAtOnce, 200_000, 1_000_000);
        Assert.InRange(play.SurchargeBanked, 1, play.SurchargeAtOnce - 1);
        Assert.Equal((100L, 0L), (play.Bank.Spent, play.Bank.Held));
    }

    private sealed class Play
    {
        private readonly HeldTickets _tickets = new();
        private PricePeriod? _row;

        public DeferralCalendar Calendar { get; } = new();

        public BankAccount Bank { get; private set; } = new(100, 0, 0, 100, 0, 1, 0);

        public int Highest { get; private set; }

        public long Demand { get; private set; }

        public int PeakDemand { get; private set; }

        public int SentAtOnce { get; private set; }

        public int SentLater { get; private set; }

        public int SentBanked { get; private set; }

        public int Redeemed { get; private set; }

        /// <summary>Surcharges in thousandths of what a unit costs at twice the price.</summary>
        public long SurchargeAtOnce { get; private set; }

        public long SurchargeLater { get; private set; }

        public long SurchargeBanked { get; private set; }

        public void Second(int second)
        {
            Instant now = Instant.FromUnixMs((second * 1000) + 300);
            int multiplier = _row?.MultiplierPermille ?? 1000;
            Highest = Math.Max(Highest, multiplier);
            if (Calendar.Expire(now) is { } expired) Calendar.Apply(expired);

            SentAtOnce++;
            SurchargeAtOnce += Surcharge(Covering.Of(1, new(false, 0, 0, 0, multiplier)), multiplier);

            SentBanked++;
            Covered covered = Covering.Of(1, new(false, 0, 0, Bank.Held, multiplier));
            Bank = Bank.Spend(covered.Banked);
            SurchargeBanked += Surcharge(covered, multiplier);

            int later = Redeem(second, now);
            if (multiplier > 1000) Defer(second, now);
            else later += Send(multiplier);
            SentLater += later;

            int demand = (second is >= PeakFrom and < PeakUntil ? 220 : 8) + 2 + later;
            PeakDemand = Math.Max(PeakDemand, demand);
            Demand += demand;
            _row = PriceRule.Close(_row, Policy, second, demand, 1000);
        }

        private int Send(int multiplier)
        {
            SurchargeLater += Surcharge(Covering.Of(1, new(false, 0, 0, 0, multiplier)), multiplier);
            return 1;
        }

        private void Defer(int second, Instant now)
        {
            DeferralDecision decision = DeferralRule.Decide(Calendar, new("later", $"k{second}", 1, 100, now.UnixMs + 1_800_000), now, Terms);
            Assert.Equal(DeferralOutcome.Issued, decision.Outcome);
            Calendar.Apply(decision.Entry!);
            _tickets.Hold(decision.Ticket!, now);
        }

        /// <summary>A ticket redeemed in its second is admitted for certain, at multiplier 1000.</summary>
        private int Redeem(int second, Instant now)
        {
            int sent = 0;
            foreach (Ticket ticket in _tickets.All.Where(ticket => ticket.Second == second).ToList())
            {
                Assert.Equal(TicketOutcome.Good, TicketRule.Redeem(_tickets, ticket.Text, 1, now).Outcome);
                _tickets.Use(ticket.Text, $"r{ticket.Number}");
                sent += Send(1000);
                Redeemed++;
            }

            return sent;
        }

        private static long Surcharge(Covered covered, int multiplier) => covered.Surged * Math.Max(0, multiplier - 1000);
    }
}
