using CoopGrid.Domain.Bank;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Bank;

/// <summary>
/// Seeded histories of a class's calendar against the oracle: tickets are asked for, redeemed, cancelled and forgotten at any time, by the right
/// member and the wrong one; reservations come and go; the target changes; the clock goes back now and then.
/// Seen to fail: with reservations not counted, with a block's least load not weighed anew when units come back, with a second that only starts by the deadline,
/// with a ticket over the cap, with the units asked for not counted, with a used or another member's ticket redeemed, a millisecond late or a second early,
/// and with a cancel that keeps its room.
/// </summary>
public sealed class CalendarHistoryTests
{
    [Fact]
    public void Every_answer_is_the_oracle_s_and_the_books_close()
    {
        var seen = new HashSet<object>();
        for (int seed = 0; seed < 300; seed++) new History(seed, seen).Play(250);
        Assert.Equal(Enum.GetValues<DeferralOutcome>().Length - 1, seen.OfType<DeferralOutcome>().Count());
        Assert.Equal(Enum.GetValues<TicketOutcome>().Length - 1, seen.OfType<TicketOutcome>().Count());
    }

    [Fact]
    public void A_snapshot_and_the_entries_after_it_are_the_calendar()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var history = new History(seed, []);
            history.Play(250);
            for (int prefix = 0; prefix <= history.Entries.Count; prefix += 7)
            {
                var calendar = new DeferralCalendar();
                foreach (TicketEntry entry in history.Entries.Take(prefix)) calendar.Apply(entry);
                calendar = DeferralCalendar.Restore(calendar.Snapshot());
                foreach (TicketEntry entry in history.Entries.Skip(prefix)) calendar.Apply(entry);
                Assert.Equal(Portrait(history.Calendar), Portrait(calendar));
            }
        }
    }

    [Fact]
    public void A_gap_in_the_entries_is_said()
    {
        var calendar = new DeferralCalendar();
        Assert.Throws<InvalidOperationException>(() => calendar.Apply(new TicketsExpired(2, 5)));
        calendar.Apply(new TicketsExpired(1, 5));
        Assert.Throws<InvalidOperationException>(() => calendar.Apply(new TicketsExpired(1, 6)));
    }

    /// <summary>All that later answers depend on.</summary>
    private static string Portrait(DeferralCalendar calendar)
    {
        CalendarSnapshot s = calendar.Snapshot();
        IEnumerable<string> members = s.Tickets.Select(t => t.Member).Distinct().Order().Select(m => $"{m}={calendar.UnitsOf(m)}");
        IEnumerable<string> keys = s.Tickets.Select(t => $"{calendar.HeldBy(t.Member, t.Key)}");
        IEnumerable<string> seconds = s.Tickets.Select(t => $"{t.Second}={calendar.Loads.TicketUnits(t.Second)}");
        return string.Join('\n', [$"{s.Sequence} {s.LastNumber} {s.PassedThrough} {s.Totals}", .. s.Tickets.Select(t => $"{t}"), .. s.Reserved.Select(r => $"{r}"), .. members, .. keys, .. seconds]);
    }

    private sealed class History(int seed, HashSet<object> seen)
    {
        private static readonly string[] Members = ["anna", "ben", "cleo"];
        private readonly Random _random = new(seed);
        private readonly CalendarOracle _oracle = new();
        private readonly Dictionary<long, Ticket> _issued = [];
        private readonly Dictionary<string, HeldTickets> _held = Members.ToDictionary(member => member, _ => new HeldTickets());
        private DeferralTerms _terms = new(6, new() { DeferMinMs = 2000, HorizonMs = 90_000, MemberCapUnits = 40 });
        private long _nowMs = 1_000_000;
        private long _latestMs = 1_000_000;

        public DeferralCalendar Calendar { get; } = new();

        public List<TicketEntry> Entries { get; } = [];

        private string Where => $"seed {seed}, entry {Entries.Count}";

        public void Play(int steps)
        {
            for (int step = 0; step < steps; step++)
            {
                _nowMs += _random.Next(30) == 0 ? -3000 : _random.Next(4) == 0 ? _random.Next(9000) : _random.Next(300);
                _latestMs = Math.Max(_latestMs, _nowMs);
                Step(_random.Next(100));
                CheckBooks();
            }
        }

        private void Step(int dice)
        {
            switch (dice)
            {
                case < 55: Issue(); break;
                case < 75: Redeem(); break;
                case < 85: Cancel(); break;
                case < 92: Expire(); break;
                case < 96:
                    long from = (_nowMs / 1000) + _random.Next(-5, 60), until = from + _random.Next(0, 90), units = _random.Next(0, 8);
                    Take(Calendar.Reserve(from, until, units));
                    _oracle.Reserve(from, until, units);
                    break;
                default:
                    _terms = new(_random.Next(1, 9), _terms.Policy with { MemberCapUnits = _random.Next(5, 60), HorizonMs = _random.Next(8) == 0 ? 0 : _random.Next(3000, 90_000) });
                    break;
            }
        }

        private void Issue()
        {
            var request = new DeferralRequest(
                Any(Members), $"k{_random.Next(200)}", _random.Next(1, 7), _random.Next(3) * 400, _nowMs + _random.Next(0, 80_000));
            (DeferralOutcome outcome, long second) = _oracle.Issue(request, _nowMs, _terms);
            DeferralDecision decision = DeferralRule.Decide(Calendar, request, Instant.FromUnixMs(_nowMs), _terms);
            Assert.True(outcome == decision.Outcome, $"{Where}: {decision.Outcome} ({decision.Reason}) is not {outcome}");
            seen.Add(outcome);
            Assert.Equal(outcome == DeferralOutcome.Issued, decision.Ticket is not null);
            Assert.Equal(decision.Ticket is null, decision.Reason.Length > 0);
            if (decision.Ticket is not { } ticket) return;
            Assert.Equal((second, request.Units, request.Member), (ticket.Second, ticket.Units, ticket.Member));
            if (decision.Entry is not { } entry) return;
            Take(entry);
            _issued.Add(ticket.Number, ticket);
            _held[ticket.Member].Hold(ticket, Instant.FromUnixMs(_nowMs));
            _oracle.Tickets.Add(ticket.Number, new(ticket.Member, ticket.Key, ticket.Units, ticket.Second, ticket.WaitMs));
            Assert.True(Calendar.Loads.TicketUnits(second) + Calendar.Loads.ReservedUnits(second) <= _terms.TargetPerSecond, Where);
            Assert.True(Calendar.UnitsOf(ticket.Member) <= _terms.Policy.MemberCapUnits, Where);
        }

        private void Redeem()
        {
            (long number, string text, string member, long units) = AnyTicket();
            string key = $"r{_random.Next(4)}";
            units = _random.Next(5) == 0 ? units + 1 : _random.Next(1, (int)units + 1);
            TicketOutcome outcome = _oracle.Redeem(number, member, units, _nowMs);
            TicketDecision decision = TicketRule.Redeem(_held[member], text, units, Instant.FromUnixMs(_nowMs));
            seen.Add(decision.Outcome);
            Assert.Equal(decision.Outcome == TicketOutcome.Good, decision.Reason.Length == 0);

            // A member need not remember what was closed once.
            bool closed = _oracle.Tickets.TryGetValue(number, out OracleTicket? asked) && asked.LastMs < _latestMs;
            if (closed && decision.Outcome is TicketOutcome.Late or TicketOutcome.Unknown) return;
            Assert.True(outcome == decision.Outcome, $"{Where}: {decision.Outcome} ({decision.Reason}) is not {outcome}");
            if (outcome != TicketOutcome.Good) return;
            _held[member].Use(text, key);
            _oracle.Tickets[number].UsedBy = key;
        }

        private void Cancel()
        {
            (long number, _, string member, _) = AnyTicket();
            bool known = _oracle.Tickets.TryGetValue(number, out OracleTicket? ticket) && ticket.Member == member && !ticket.Cancelled && ticket.Second > _oracle.Passed;
            TicketCancelled? entry = Calendar.Cancel(member, number);
            Assert.Equal(known, entry is not null);
            if (entry is null || ticket!.UsedBy is not null || _nowMs >= ticket.FirstMs) return;
            Take(entry);
            _held[member].Return(number);
            ticket.Cancelled = true;
        }

        private void Expire()
        {
            if (Calendar.Expire(Instant.FromUnixMs(_nowMs)) is not { } entry) return;

            // Nothing that is still good is forgotten, and nothing is forgotten twice.
            Assert.DoesNotContain(_oracle.Tickets.Values, t => t.Second <= entry.ThroughSecond && t.LastMs >= _nowMs);
            Assert.True(entry.ThroughSecond > _oracle.Passed);
            Take(entry);
            _oracle.Passed = entry.ThroughSecond;
        }

        private void CheckBooks()
        {
            TicketTotals totals = Calendar.Totals;
            var all = _oracle.Tickets.Values;
            Assert.Equal(all.Sum(t => t.Units), (long)totals.Issued);
            Assert.Equal(all.Where(t => t.Cancelled).Sum(t => t.Units), (long)totals.Cancelled);
            Assert.Equal(Members.Sum(_oracle.Units), (long)totals.ToCome);
            Assert.All(Members, member => Assert.Equal(_oracle.Units(member), Calendar.UnitsOf(member)));
            foreach (Ticket ticket in _issued.Values.Where(t => t.Second > _oracle.Passed))
                Assert.Equal(_oracle.TicketUnits(ticket.Second), Calendar.Loads.TicketUnits(ticket.Second));
        }

        /// <summary>Mostly one that is about due, by mostly its own member; now and then one that there is not.</summary>
        private (long Number, string Text, string Member, long Units) AnyTicket()
        {
            if (_issued.Count == 0 || _random.Next(20) == 0) return (9999, $"{_nowMs / 1000}-9999", Any(Members), 1);
            Ticket[] due = [.. _issued.Values.Where(t => Math.Abs((t.Second * 1000) - _nowMs) < 2500)];
            Ticket ticket = due.Length > 0 && _random.Next(4) > 0 ? Any(due) : Any([.. _issued.Values]);
            return (ticket.Number, ticket.Text, _random.Next(8) == 0 ? Any(Members) : ticket.Member, ticket.Units);
        }

        private T Any<T>(T[] of) => of[_random.Next(of.Length)];

        private void Take(TicketEntry entry)
        {
            Calendar.Apply(entry);
            Entries.Add(entry);
        }
    }
}
