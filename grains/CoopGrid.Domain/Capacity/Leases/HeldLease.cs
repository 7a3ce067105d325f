namespace CoopGrid.Domain.Capacity;

/// <summary>What a gate tells its class at an exchange.</summary>
/// <param name="Epoch">The highest epoch the gate has heard of. A class with a lower one is out of date: it must not answer.</param>
/// <param name="Exchange">The gate's count of its calls.</param>
/// <param name="Held">What it holds now.</param>
public readonly record struct LeaseReport(long Epoch, long Exchange, Lease Held);

/// <summary>What the class answers: the lease, stamped with its epoch and with the exchange that it answers.</summary>
/// <param name="FloorMills">
/// How the gate is to lay the lease out: what each lane is guaranteed there, in thousandths of a unit per second; null: as in the whole class.
/// </param>
public readonly record struct LeaseGrant(long Epoch, long Exchange, Lease Lease, long[]? FloorMills = null)
{
    /// <summary>What of the lease is kept for reservations.</summary>
    public Lease Reserved { get; init; }
}

/// <summary>
/// The gate's side of leasing (C1); the class's is <see cref="LeaseBook"/>.
/// 1. It holds nothing at first, and a lease until it accepts another: time plays no part.
/// 2. Only the answer to its latest report is accepted, once, and only from the highest epoch it has heard of: so a report
///    says that everything sent before it is applied or dropped for ever.
/// 3. A relaxed answer does not rest on a commit, which a seal would refuse. It may be given until <see cref="RelaxedUntilMicros"/>:
///    <see cref="RelaxedMs"/> after the sending of the last report that was answered. The class frees the lease of a sealed gate that much
///    after it heard of it last, so by then the gate gives none.
/// </summary>
/// <param name="epoch">
/// The class's epoch in the store, read after the gate's producer was written there: so a later activation either finds the
/// producer among the open ones, or is already known to the gate.
/// </param>
public sealed class HeldLease(long epoch)
{
    /// <summary>For how long after the sending of an answered report relaxed answers may be given, in ms.</summary>
    public const int RelaxedMs = 1000;

    private bool _answered = true;
    private long _sentMicros;

    /// <summary>What the gate may use.</summary>
    public Lease Held { get; private set; }

    /// <summary>The highest epoch it has heard of.</summary>
    public long Epoch { get; private set; } = epoch;

    /// <summary>Its count of reports.</summary>
    public long Exchange { get; private set; }

    /// <summary>The last moment of the gate's monotonic clock at which a relaxed answer may be given; none before the first answer.</summary>
    public long RelaxedUntilMicros { get; private set; } = long.MinValue;

    /// <summary>
    /// Whether the last answer took away more than a sixteenth of the rate. Then the gate reports again at once: the class can lease that to
    /// others only when it is confirmed.
    /// </summary>
    public bool ReportsAtOnce { get; private set; }

    /// <summary>Starts an exchange. Whatever answer was still to come is dropped when it comes.</summary>
    /// <param name="nowMicros">A moment of the gate's monotonic clock, read before the report is sent.</param>
    public LeaseReport Report(long nowMicros)
    {
        _sentMicros = nowMicros;
        Exchange++;
        _answered = false;
        ReportsAtOnce = false;
        return new(Epoch, Exchange, Held);
    }

    /// <summary>Takes an answer. True: <see cref="Held"/> is the new lease, and the buckets are to be set to it before the next report.</summary>
    public bool Accept(LeaseGrant grant)
    {
        if (_answered || grant.Exchange != Exchange || grant.Epoch < Epoch) return false;
        _answered = true;
        Epoch = grant.Epoch;
        ReportsAtOnce = grant.Lease.UnitsPerSecond < Held.UnitsPerSecond - (Held.UnitsPerSecond / 16);
        Held = grant.Lease;
        RelaxedUntilMicros = _sentMicros + (RelaxedMs * 1000L);
        return true;
    }
}
