using System.Collections.Concurrent;

namespace CoopGrid.LoadTest.Sending;

/// <summary>Questions that ended without a known decision; the same key tells when it is asked again.</summary>
internal sealed class OpenQuestions
{
    /// <summary>Places of sends whose admission is unknown.</summary>
    public ConcurrentQueue<int> Admissions { get; } = new();

    /// <summary>Places of sends that were admitted and whose cancel is unknown.</summary>
    public ConcurrentQueue<int> Cancels { get; } = new();
}
