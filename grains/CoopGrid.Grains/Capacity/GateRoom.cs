using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Capacity;

namespace CoopGrid.Grains.Capacity;

/// <summary>A gate's room under a plan, for one decision.</summary>
internal sealed class GateRoom(ClassGate gate, CapacityPlan plan) : IRoom
{
    public bool TryTake(in RoomRequest request, long monotonicMicros) => gate.TryTake(plan, request, monotonicMicros);

    public long RetryAfterMs(in RoomRequest request, long monotonicMicros) => gate.RetryAfterMs(plan, request, monotonicMicros);
}

/// <summary>A look at a gate's room that takes nothing.</summary>
internal sealed class GateLook(ClassGate gate, CapacityPlan plan) : IRoom
{
    public bool TryTake(in RoomRequest request, long monotonicMicros) => gate.HasRoom(plan, request, monotonicMicros);

    public long RetryAfterMs(in RoomRequest request, long monotonicMicros) => gate.RetryAfterMs(plan, request, monotonicMicros);
}
