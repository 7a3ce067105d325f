using CoopGrid.Interfaces;
using CoopGrid.Model;
using Wire = CoopGrid.Protocol.V1;

namespace CoopGrid.Silo.Grpc;

/// <summary>Emergency actions between the wire and the model.</summary>
internal static class EmergencyMapping
{
    /// <summary>The latest moment that is taken for one: the end of the year 9999.</summary>
    public const long LatestUnixMs = 253_402_300_799_999;

    public static Wire.EmergencyAction ToWire(string coop, EmergencyView view, Instant now)
    {
        var action = new Wire.EmergencyAction
        {
            Coop = coop,
            Number = view.Number,
            DeclaredUnixMs = view.DeclaredAt.UnixMs,
            DeclaredBy = view.DeclaredBy,
            Reason = view.Reason,
            EndsUnixMs = view.EndsAt.UnixMs,
            LiftedUnixMs = view.LiftedAt?.UnixMs ?? 0,
            LiftedBy = view.LiftedBy,
            LiftReason = view.LiftReason,
            InForce = view.IsInForceAt(now),
        };
        switch (view.Action)
        {
            case SuspendMember suspend:
                action.SuspendMember = new() { Member = suspend.Member };
                break;
            case LowerCap cap:
                action.LowerCap = new() { Class = cap.Class, CapPermille = cap.CapPermille };
                break;
            case RaiseGuarantee raise:
                action.RaiseGuarantee = new() { Class = raise.Class, Lane = raise.Lane, GuaranteedPermille = raise.GuaranteedPermille };
                break;
        }

        return action;
    }
}
