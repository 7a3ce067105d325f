using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Sending;

/// <summary>What became of the tickets that a run was given. Safe for any number of writers.</summary>
internal sealed class TicketTally
{
    private const long SecondMs = 1000;

    private int _held;
    private long _redeemed;
    private long _redeemedUnits;
    private long _redeemedSurged;
    private long _expired;
    private long _refusedInTime;

    /// <summary>From a ticket's coming to its second, in µs; ten minutes at the most.</summary>
    public LatencyLog Wait { get; } = new();

    /// <summary>Tickets whose second is waited for.</summary>
    public int Held => Volatile.Read(ref _held);

    public long Redeemed => Volatile.Read(ref _redeemed);

    public long RedeemedUnits => Volatile.Read(ref _redeemedUnits);

    /// <summary>Of these, surged ones: a ticket promises that there are none.</summary>
    public long RedeemedSurgedUnits => Volatile.Read(ref _redeemedSurged);

    /// <summary>Not redeemed in their second: come too late, or the run was stopped before.</summary>
    public long Expired => Volatile.Read(ref _expired);

    /// <summary>Refused although they came, and were answered, before their second was over: a ticket promises that there are none.</summary>
    public long RefusedInTime => Volatile.Read(ref _refusedInTime);

    /// <summary>A ticket came; its second is waited for.</summary>
    public void Hold(AdmitReply ticket, DateTimeOffset now)
    {
        Interlocked.Increment(ref _held);
        Wait.Record((ticket.NotBeforeUnixMs * 1000) - (now.ToUnixTimeMilliseconds() * 1000));
    }

    /// <summary>It is no longer waited for.</summary>
    public void LetGo() => Interlocked.Decrement(ref _held);

    public void CountExpired() => Interlocked.Increment(ref _expired);

    /// <param name="ticket">The deferred answer.</param>
    /// <param name="answer">What its redemption came to: known.</param>
    /// <param name="now">When.</param>
    public void CountAnswer(AdmitReply ticket, AdmitReply answer, DateTimeOffset now)
    {
        if (answer.Outcome == Outcome.Admitted)
        {
            Interlocked.Increment(ref _redeemed);
            Interlocked.Add(ref _redeemedUnits, answer.Units);
            Interlocked.Add(ref _redeemedSurged, answer.Covered?.Surged ?? 0);
        }
        else if (now.ToUnixTimeMilliseconds() < ticket.NotBeforeUnixMs + SecondMs)
        {
            Interlocked.Increment(ref _refusedInTime);
        }
        else
        {
            CountExpired();
        }
    }
}
