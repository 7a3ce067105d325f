namespace CoopGrid.Domain.Capacity;

/// <summary>One request that waits in a <see cref="WaitingRoom{T}"/> for room.</summary>
public sealed class Waiting<T>
    where T : class
{
    internal Waiting(in RoomRequest request, long deadlineMicros, T waiter, long arrival)
    {
        Request = request;
        DeadlineMicros = deadlineMicros;
        Waiter = waiter;
        Arrival = arrival;
    }

    public RoomRequest Request { get; }

    /// <summary>The last moment at which it may be served.</summary>
    public long DeadlineMicros { get; }

    /// <summary>Whoever is to be told.</summary>
    public T Waiter { get; }

    internal long Arrival { get; }

    /// <summary>Neighbours of the same lane and band, in order of arrival.</summary>
    internal Waiting<T>? Before { get; set; }

    internal Waiting<T>? After { get; set; }

    internal bool Gone { get; set; }
}
