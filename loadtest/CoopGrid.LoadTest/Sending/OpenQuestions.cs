using System.Collections.Concurrent;
using CoopGrid.Client;

namespace CoopGrid.LoadTest.Sending;

/// <summary>Questions that ended without a known decision; the same key tells when it is asked again.</summary>
internal sealed class OpenQuestions
{
    /// <summary>Places of sends whose admission is unknown.</summary>
    public ConcurrentQueue<int> Admissions { get; } = new();

    /// <summary>Places of sends that were admitted and whose cancel is unknown.</summary>
    public ConcurrentQueue<int> Cancels { get; } = new();

    /// <summary>Places of sends that were deferred, with their tickets, whose redemption is unknown. It charges nothing either way.</summary>
    public ConcurrentQueue<(int Place, AdmissionAnswer Deferred)> Redemptions { get; } = new();

    /// <summary>All of them.</summary>
    public int Count => Admissions.Count + Cancels.Count + Redemptions.Count;
}
