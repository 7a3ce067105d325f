using System.Globalization;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Tests.Fakes;

/// <summary>A fake grid's tickets, each good from a moment on, once. It can be told to refuse them in their second.</summary>
internal sealed class FakeTickets
{
    private readonly Dictionary<string, (string Member, long OpensMs)> _open = [];
    private int _issued;

    /// <summary>How far ahead tickets are.</summary>
    public TimeSpan Ahead { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>While set, there is no room for a ticket that comes in its second.</summary>
    public bool AreRefused { get; set; }

    /// <summary>By how much this grid's clock is behind the caller's.</summary>
    public TimeSpan Behind { get; set; }

    /// <summary>By which time comes.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Times that a ticket came too early.</summary>
    public int Early { get; private set; }

    private long Now => (Clock.GetUtcNow() - Behind).ToUnixTimeMilliseconds();

    /// <summary>Whether the key of the request that was told this is known from then on.</summary>
    public static bool IsRemembered(AdmitReply told) => told.Outcome == Outcome.Admitted || (told.Outcome == Outcome.Deferred && told.Covered is not null);

    public AdmitReply Defer(AdmitRequest request, bool quote)
    {
        if (request.DeferUntilUnixMs == 0) return new() { Outcome = Outcome.CapacityExceeded, RetryAfterMs = 100 };
        if (quote) return new() { Outcome = Outcome.Deferred, Units = request.Units };
        string ticket = string.Create(CultureInfo.InvariantCulture, $"ticket {++_issued}");
        long opens = Now + (long)Ahead.TotalMilliseconds;
        _open.Add(ticket, (request.Member, opens));
        return new()
        {
            Outcome = Outcome.Deferred,
            Units = request.Units,
            MultiplierPermille = 1000,
            Covered = new Covered { Surged = request.Units },
            Ticket = ticket,
            NotBeforeUnixMs = opens,
        };
    }

    public AdmitReply Redeem(AdmitRequest request)
    {
        if (!_open.TryGetValue(request.Ticket, out (string Member, long OpensMs) ticket) || ticket.Member != request.Member)
            return new() { Outcome = Outcome.TicketInvalid, Reason = "No such ticket." };
        if (Now < ticket.OpensMs)
        {
            Early++;
            return new() { Outcome = Outcome.Deferred, Ticket = request.Ticket, NotBeforeUnixMs = ticket.OpensMs, RetryAfterMs = ticket.OpensMs - Now };
        }

        if (AreRefused) return new() { Outcome = Outcome.CapacityExceeded };
        _open.Remove(request.Ticket);
        return new() { Outcome = Outcome.Admitted, Units = request.Units, MultiplierPermille = 1000, Covered = new Covered { Reserved = request.Units } };
    }
}
