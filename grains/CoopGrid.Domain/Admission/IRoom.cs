using CoopGrid.Domain.Capacity;

namespace CoopGrid.Domain.Admission;

/// <summary>Where a decision finds the class's room: the gate's buckets, a look at them, or room that was waited for.</summary>
public interface IRoom
{
    /// <summary>Takes the room if there is any.</summary>
    bool TryTake(in RoomRequest request, long monotonicMicros);

    /// <summary>Roughly how long until there may be room, in ms, at least 1.</summary>
    long RetryAfterMs(in RoomRequest request, long monotonicMicros);
}
