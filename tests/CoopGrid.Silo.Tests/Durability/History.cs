using System.Collections.Concurrent;
using CoopGrid.Protocol.V1;
using Xunit;

namespace CoopGrid.Silo.Tests.Durability;

/// <summary>What all callers asked and were told.</summary>
internal sealed class History
{
    private readonly ConcurrentQueue<string> _faults = [];
    private readonly ConcurrentQueue<Send> _sends = [];
    private int _answers;
    private int _unknown;

    public IReadOnlyCollection<Send> Sends => _sends;

    /// <summary>How many answers were told.</summary>
    public int Answers => Volatile.Read(ref _answers);

    /// <summary>How many calls ended without an answer.</summary>
    public int Unknown => Volatile.Read(ref _unknown);

    public void Add(Send send) => _sends.Enqueue(send);

    public void Answered() => Interlocked.Increment(ref _answers);

    public void NotAnswered() => Interlocked.Increment(ref _unknown);

    public void Fault(string what) => _faults.Enqueue(what);

    public void Tell(Send send, AdmitReply reply, bool wasAdmitted)
    {
        Answered();
        if (send.Tell(reply, wasAdmitted) is { } fault) Fault(fault);
    }

    public void AssertNoFault(string when)
    {
        string[] first = [.. _faults.Take(5)];
        Assert.True(first.Length == 0, $"{when}: {_faults.Count} wrong answers, first {string.Join("; ", first)}");
    }
}
