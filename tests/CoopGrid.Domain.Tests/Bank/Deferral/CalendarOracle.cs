using CoopGrid.Domain.Bank;

namespace CoopGrid.Domain.Tests.Bank;

/// <summary>A ticket as the oracle keeps it, for ever.</summary>
internal sealed class OracleTicket(string member, string key, long units, long second, int waitMs)
{
    public string Member { get; } = member;

    public string Key { get; } = key;

    public long Units { get; } = units;

    public long Second { get; } = second;

    public long FirstMs { get; } = (second * 1000) - waitMs;

    public long LastMs { get; } = (second * 1000) + 999 + waitMs;

    public string? UsedBy { get; set; }

    public bool Cancelled { get; set; }
}

/// <summary>Tickets as the specification says them: every one ever issued, and each second looked at in turn.</summary>
internal sealed class CalendarOracle
{
    private readonly Dictionary<long, long> _reserved = [];

    public Dictionary<long, OracleTicket> Tickets { get; } = [];

    /// <summary>All tickets of seconds up to this one are forgotten.</summary>
    public long Passed { get; set; } = long.MinValue;

    public void Reserve(long from, long until, long units)
    {
        for (long second = from; second < until; second++) _reserved[second] = units;
    }

    public long TicketUnits(long second) => Tickets.Values.Where(t => t.Second == second && !t.Cancelled).Sum(t => t.Units);

    public long ReservedUnits(long second) => _reserved.GetValueOrDefault(second);

    public long Units(string member) => Tickets.Values.Where(t => t.Member == member && !t.Cancelled && t.Second > Passed).Sum(t => t.Units);

    public (DeferralOutcome Outcome, long Second) Issue(DeferralRequest request, long nowMs, DeferralTerms terms)
    {
        OracleTicket? held = Tickets.Values.FirstOrDefault(t => t.Member == request.Member && t.Key == request.Key && !t.Cancelled && t.Second > Passed);
        if (held is not null) return held.Units == request.Units ? (DeferralOutcome.Issued, held.Second) : (DeferralOutcome.KeyConflict, 0);
        if (terms.Policy.HorizonMs == 0) return (DeferralOutcome.NoTickets, 0);
        if (request.Units > terms.TargetPerSecond) return (DeferralOutcome.TooLarge, 0);
        bool any = false;
        long? found = null;
        for (long second = (nowMs / 1000) - 1; (second + 1) * 1000 <= request.DeferUntilUnixMs && (second + 1) * 1000 <= nowMs + terms.Policy.HorizonMs; second++)
        {
            if (second * 1000 < nowMs + terms.Policy.DeferMinMs || second <= Passed) continue;
            any = true;
            if (TicketUnits(second) + ReservedUnits(second) + request.Units <= terms.TargetPerSecond) found ??= second;
        }

        if (!any) return (DeferralOutcome.DeadlineTooSoon, 0);
        if (Units(request.Member) + request.Units > terms.Policy.MemberCapUnits) return (DeferralOutcome.MemberCapReached, 0);
        return found is { } earliest ? (DeferralOutcome.Issued, earliest) : (DeferralOutcome.Full, 0);
    }

    public TicketOutcome Redeem(long number, string member, long units, long nowMs)
    {
        if (!Tickets.TryGetValue(number, out OracleTicket? ticket)) return TicketOutcome.Unknown;
        if (ticket.Member != member || ticket.Cancelled) return (ticket.Second + 1) * 1000 <= nowMs ? TicketOutcome.Late : TicketOutcome.Unknown;
        if (ticket.UsedBy is not null) return TicketOutcome.Used;
        if (nowMs > ticket.LastMs) return TicketOutcome.Late;
        if (units > ticket.Units) return TicketOutcome.TooLarge;
        return nowMs < ticket.FirstMs ? TicketOutcome.TooEarly : TicketOutcome.Good;
    }
}
