using CoopGrid.LoadTest.Schedule;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Sending;

/// <summary>What callers were told so far, counted while it happens. Safe for any number of writers.</summary>
internal sealed class Tally
{
    public const int Outcomes = 17;

    private readonly long[] _counts;
    private readonly long[] _admittedUnits;
    private readonly long[] _told;
    private readonly long[] _surgedUnits;
    private readonly long[] _surgedPermille;
    private readonly int _groups;
    private readonly int _lanes;
    private long _answered;
    private long _shed;
    private long _replayed;
    private long _retried;
    private long _cancelledUnits;
    private int _highestMultiplier;

    public Tally(Workload workload)
    {
        _groups = workload.Groups.Length;
        _lanes = workload.Lanes.Length;
        _counts = new long[_groups * _lanes * Outcomes];
        _admittedUnits = new long[_groups * _lanes];
        _told = new long[workload.Members.Length];
        _surgedUnits = new long[_groups * _lanes];
        _surgedPermille = new long[_groups * _lanes];
    }

    /// <summary>From the intended moment of sending to the answer, in µs.</summary>
    public LatencyLog Latency { get; } = new();

    /// <summary>The same for the critical lane only.</summary>
    public LatencyLog CriticalLatency { get; } = new();

    /// <summary>By how much the generator itself was late to send, in µs: part of the latency, and not the grid's.</summary>
    public LatencyLog Lateness { get; } = new();

    public long Answered => Volatile.Read(ref _answered);

    /// <summary>Due, but never sent: too many were in flight.</summary>
    public long Shed => Volatile.Read(ref _shed);

    public long Replayed => Volatile.Read(ref _replayed);

    /// <summary>Answers that took more than one attempt.</summary>
    public long Retried => Volatile.Read(ref _retried);

    public long CancelledUnits => Volatile.Read(ref _cancelledUnits);

    /// <summary>The highest multiplier that an answer named, per-mille.</summary>
    public int HighestMultiplier => Volatile.Read(ref _highestMultiplier);

    public void CountShed() => Interlocked.Increment(ref _shed);

    public void CountAnswer(in PlannedSend send, AdmitReply reply, int attempts)
    {
        Interlocked.Increment(ref _answered);
        if (attempts > 1) Interlocked.Increment(ref _retried);
        if (reply.Replayed) Interlocked.Increment(ref _replayed);
        int highest = Volatile.Read(ref _highestMultiplier);
        while (reply.MultiplierPermille > highest)
            highest = Interlocked.CompareExchange(ref _highestMultiplier, reply.MultiplierPermille, highest);
        Count(send, reply.Outcome);
        if (reply.Outcome is Outcome.Admitted or Outcome.Deferred) Charge(send, reply);
    }

    /// <summary>An answer that was unknown until the same key was asked again.</summary>
    public void CountResolved(in PlannedSend send, AdmitReply reply)
    {
        Interlocked.Decrement(ref _counts[At(send.Group, send.Lane, Outcome.Unavailable)]);
        Count(send, reply.Outcome);
        if (reply.Outcome is Outcome.Admitted or Outcome.Deferred) Charge(send, reply);
    }

    public void CountCancelled(in PlannedSend send, long units)
    {
        Interlocked.Add(ref _told[send.Member], -units);
        Interlocked.Add(ref _cancelledUnits, units);
    }

    /// <summary>Units that the member was told are charged, less those given back.</summary>
    public long Told(int member) => Volatile.Read(ref _told[member]);

    public long Count(int group, int lane, Outcome outcome) => Volatile.Read(ref _counts[At(group, lane, outcome)]);

    /// <summary>Units told to be charged, at once or with a ticket.</summary>
    public long AdmittedUnits(int group, int lane) => Volatile.Read(ref _admittedUnits[(group * _lanes) + lane]);

    /// <summary>Of these, units that were surged at a multiplier above ×1.</summary>
    public long SurgedUnits(int group, int lane) => Volatile.Read(ref _surgedUnits[(group * _lanes) + lane]);

    /// <summary>Σ of surged units × (multiplier − 1000): times the rate, thousandths of the surcharge.</summary>
    public long SurgedPermille(int group, int lane) => Volatile.Read(ref _surgedPermille[(group * _lanes) + lane]);

    /// <summary>Answers of an outcome over all groups and lanes.</summary>
    public long Count(Outcome outcome)
    {
        long sum = 0;
        for (int group = 0; group < _groups; group++)
            for (int lane = 0; lane < _lanes; lane++) sum += Count(group, lane, outcome);
        return sum;
    }

    private void Count(in PlannedSend send, Outcome outcome) => Interlocked.Increment(ref _counts[At(send.Group, send.Lane, outcome)]);

    private void Charge(in PlannedSend send, AdmitReply reply)
    {
        int at = (send.Group * _lanes) + send.Lane;
        Interlocked.Add(ref _told[send.Member], reply.Units);
        Interlocked.Add(ref _admittedUnits[at], reply.Units);
        if (reply.MultiplierPermille <= 1000 || reply.Covered is not { Surged: > 0 } covered) return;
        Interlocked.Add(ref _surgedUnits[at], covered.Surged);
        Interlocked.Add(ref _surgedPermille[at], covered.Surged * (reply.MultiplierPermille - 1000));
    }

    private int At(int group, int lane, Outcome outcome) => (((group * _lanes) + lane) * Outcomes) + Math.Min((int)outcome, Outcomes - 1);
}
