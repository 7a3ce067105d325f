using CoopGrid.Domain.Bank;
using CoopGrid.Grains.Bank;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <content>
/// Tickets for later: cuts them, sets their room aside, and tells gates so. In the class's own grain, because what is promised must be known before anything is
/// leased; calls for tickets come in between its other turns, so that storing them holds up no exchange.
/// </content>
internal sealed partial class ClassGrain : ITicketDesk
{
    private const long SnapshotAfter = 1000;

    private readonly StoredState<CalendarCheckpoint> _calendar = new(calendar);
    private ClassTickets? _tickets;
    private TicketSlots? _ticketSlots;
    private Task _savingTickets = Task.CompletedTask;
    private BackedSeconds _backed;

    public async ValueTask<TicketReply> Defer(TicketAsk ask)
    {
        // While a gate may still listen to an earlier activation, that one may tell it that seconds are backed of whose new tickets it does not know.
        if (_log is null || _leases!.Free is null) return ClassTickets.NotNow;
        return await _tickets!.Ask(ask, _inForce!);
    }

    public async ValueTask Return(string member, long number)
    {
        if (_log is not null) await _tickets!.Return(member, number);
    }

    // Before anything is leased: what was promised is deducted from the beginning (C1).
    private async Task StartTickets()
    {
        var tickets = new ClassTickets(_id, books, clock, logger);
        await tickets.Read(_calendar.Last);
        _leases!.SetAside(tickets.Aside(LongestWaitMs, clock.Read().Now));
        (_tickets, _ticketSlots) = (tickets, new(_id, GrainFactory, logger));
    }

    private void LookAtTickets(in Reading reading)
    {
        _leases!.SetAside(_tickets!.Aside(LongestWaitMs, reading.Now));
        _backed = _tickets.Look(_leases.Free, LongestWaitMs, reading);
        _ticketSlots!.Look(_inForce!, _tickets, reading);
    }

    private void SaveTickets()
    {
        if (!_savingTickets.IsCompleted || _tickets!.Sequence < _calendar.Last.Sequence + SnapshotAfter || _tickets.Snapshot() is not { } next) return;
        _savingTickets = Beside(_calendar.Write(_ => next));
    }

    /// <summary>What a gate is told; nothing while its clock is off, for it would redeem tickets at other times than their room is there.</summary>
    private BackedSeconds BackedFor(GateReport report, Instant now) =>
        Math.Abs(report.At.UnixMs - now.UnixMs) <= TicketReserve.SkewMs ? _backed : _backed with { Through = 0 };

    /// <summary>Over all versions of the policy: a ticket keeps the wait that it was issued with.</summary>
    private int LongestWaitMs => _history!.Versions.Max(version => DeferralTerms.LongestWaitMs(version.Policy));
}
