namespace CoopGrid.Domain.Capacity;

/// <summary>
/// The class's side of leasing (C1): what every gate may be using, and what may be granted. One book per activation of
/// the class's grain; its epoch is higher than any before it.
/// 1. What a gate may be using is the larger of what it confirmed last and all that it was sent since.
/// 2. Never over: no grant lets the sum of that over all gates rise above the total, in rate or in burst.
/// 3. A shrink is sent at once, and frees capacity only once it is confirmed.
/// 4. While a gate that may hold a lease from an earlier epoch is silent, nobody is granted more than it itself confirmed.
/// 5. A seal frees what the gate held, for ever: nothing that comes from it later counts.
/// 6. A report that is older than one already seen changes nothing, and one from a gate that has not yet heard of this epoch
///    confirms nothing: it is told to keep what it has. Only from then on does it refuse what an older book may still send.
/// The gate's side is <see cref="HeldLease"/>. Where messages may be lost, late or repeated, or an older activation may still live,
/// <see cref="TryAnswer"/> is the whole exchange; <see cref="Confirm(long, Lease)"/> and <see cref="Grant"/> are its steps.
/// </summary>
public sealed class LeaseBook
{
    private readonly Dictionary<long, Holding> _gates = [];
    private readonly HashSet<long> _sealed = [];
    private int _silent;

    public LeaseBook(long epoch, Lease total)
    {
        Epoch = epoch;
        Total = total.Checked();
    }

    /// <summary>The class's epoch under which this book grants.</summary>
    public long Epoch { get; }

    /// <summary>What all gates together may use.</summary>
    public Lease Total { get; private set; }

    /// <summary>How many gates may hold a lease of an earlier epoch and have not confirmed.</summary>
    public int Silent => _silent;

    /// <summary>The gates that are known and not sealed.</summary>
    public IReadOnlyCollection<long> Gates => _gates.Keys;

    /// <summary>Sum over all gates that have spoken of what each may be using; a running sum, counted anew at every seal.</summary>
    public Lease InUse { get; private set; }

    /// <summary>What one gate may be using; nothing if it is not known or has not spoken.</summary>
    public Lease InUseBy(long producer) => _gates.TryGetValue(producer, out Holding? gate) ? gate.MayUse : default;

    /// <summary>Names producers that are open in the store and may hold leases from before this epoch. Before any grant.</summary>
    public void OpenGates(IEnumerable<long> producers)
    {
        foreach (long producer in producers)
        {
            if (!_sealed.Contains(producer) && _gates.TryAdd(producer, new() { Silent = true })) _silent++;
        }
    }

    /// <summary>Adds a fresh gate, which holds nothing. One that is known already, or sealed, stays as it is.</summary>
    public void Register(long producer)
    {
        if (!_sealed.Contains(producer)) _gates.TryAdd(producer, new());
    }

    /// <summary>
    /// What a gate holds now, having applied or dropped for ever all that it was sent before. Not for gates that are not known.
    /// </summary>
    public void Confirm(long producer, Lease held)
    {
        if (_gates.TryGetValue(producer, out Holding? gate)) Confirm(gate, gate.Exchange + 1, held);
    }

    /// <summary>One exchange: hears what the gate holds and answers with the lease that it is to hold.</summary>
    /// <returns>False: a later activation has spoken to this gate, so this one must not grant any more.</returns>
    public bool TryAnswer(long producer, LeaseReport report, Lease wanted, out LeaseGrant grant)
    {
        grant = new(Epoch, report.Exchange, report.Held);
        if (report.Epoch > Epoch) return false;
        if (!_gates.TryGetValue(producer, out Holding? gate))
        {
            grant = grant with { Lease = default };
            return true;
        }

        if (report.Epoch < Epoch || report.Exchange <= gate.Exchange) return true;
        Confirm(gate, report.Exchange, report.Held);
        grant = grant with { Lease = Grant(producer, wanted) };
        return true;
    }

    /// <summary>The producer is sealed in the store: nothing that its gate admits any more counts.</summary>
    public void Seal(long producer)
    {
        _sealed.Add(producer);
        if (!_gates.Remove(producer, out Holding? gate)) return;
        if (gate.Silent) _silent--;
        InUse -= gate.MayUse;

        // The running sum decides what is granted. Gates are sealed so seldom that it can be counted anew here.
        Lease counted = _gates.Values.Aggregate(default(Lease), (sum, other) => sum + other.MayUse);
        if (counted != InUse) throw new InvalidOperationException($"The gates may use {counted}, not {InUse}.");
    }

    /// <summary>Whether a producer is sealed.</summary>
    public bool IsSealed(long producer) => _sealed.Contains(producer);

    /// <summary>Changes the total. If it shrinks, gates keep what they hold until they have confirmed less.</summary>
    public void SetTotal(Lease total) => Total = total.Checked();

    /// <summary>
    /// The lease to send to a gate now: as much of <paramref name="wanted"/> as may be. Nothing for a gate that is not known.
    /// </summary>
    public Lease Grant(long producer, Lease wanted)
    {
        wanted.Checked();
        if (!_gates.TryGetValue(producer, out Holding? gate)) return default;
        Lease before = InUse;
        Lease grant = Lease.Min(wanted, _silent > 0 ? gate.Confirmed : Lease.Max(gate.MayUse, Total - (before - gate.MayUse)));
        Use(gate, Lease.Max(gate.MayUse, grant));

        // The promise that everything else rests on is checked in production too.
        if (!InUse.IsWithin(Lease.Max(Total, before)))
        {
            throw new InvalidOperationException($"Granting {grant} to gate {producer} would exceed {Total}: {before} was in use.");
        }

        return grant;
    }

    private void Confirm(Holding gate, long exchange, Lease held)
    {
        held.Checked();
        if (gate.Silent) _silent--;
        gate.Silent = false;
        gate.Exchange = exchange;
        gate.Confirmed = held;
        Use(gate, held);
    }

    private void Use(Holding gate, Lease mayUse)
    {
        InUse += mayUse - gate.MayUse;
        gate.MayUse = mayUse;
    }

    private sealed class Holding
    {
        public Lease Confirmed { get; set; }

        public Lease MayUse { get; set; }

        public long Exchange { get; set; } = -1;

        public bool Silent { get; set; }
    }
}
