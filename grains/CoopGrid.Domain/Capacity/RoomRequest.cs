namespace CoopGrid.Domain.Capacity;

/// <summary>What one request asks of a gate's buckets.</summary>
/// <param name="Lane">The lane's place in the policy.</param>
/// <param name="Band">0 (protected) to 61 (bulk), see <see cref="Bands"/>.</param>
/// <param name="Units">Above 0.</param>
public readonly record struct RoomRequest(int Lane, int Band, long Units);
