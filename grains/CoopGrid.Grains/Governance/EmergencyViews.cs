using CoopGrid.Domain.Governance;
using CoopGrid.Interfaces;

namespace CoopGrid.Grains.Governance;

/// <summary>Emergency actions as everybody may see them.</summary>
internal static class EmergencyViews
{
    public static EmergencyView Of(Emergency emergency) => new()
    {
        Number = emergency.Declared.Number,
        Action = emergency.Declared.Action,
        DeclaredAt = emergency.Declared.At,
        DeclaredBy = emergency.Declared.By,
        Reason = emergency.Declared.Reason,
        EndsAt = emergency.EndsAt,
        LiftedAt = emergency.Lifted?.At,
        LiftedBy = emergency.Lifted?.By ?? "",
        LiftReason = emergency.Lifted?.Reason ?? "",
    };
}
