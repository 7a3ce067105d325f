namespace CoopGrid.Domain.Capacity;

/// <summary>What one request asks of a gate's buckets.</summary>
/// <param name="Lane">The lane's place in the policy.</param>
/// <param name="Band">0 (protected) to 61 (bulk), see <see cref="Bands"/>.</param>
/// <param name="Units">Above 0.</param>
public readonly record struct RoomRequest(int Lane, int Band, long Units)
{
    /// <summary>Of the units, those under a reservation of the member, 0 to all: they draw first from what is kept for reservations.</summary>
    public long Reserved { get; init; }

    /// <summary>What is asked of the lane as anybody's: all but the reserved units.</summary>
    public long Open => Units - Reserved;

    /// <summary>Whether all of it is reserved: it has a queue of its own, and leaves its lane's floor to others.</summary>
    public bool IsReserved => Reserved > 0 && Reserved == Units;

    /// <summary>The queue that it waits in: its lane's, or the one of reservations after all lanes.</summary>
    internal int Queue => IsReserved ? CapacityPlan.MaxLanes : Lane;
}
