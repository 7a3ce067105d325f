using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>The three things that an operator may do alone, until members decide. None can raise what anybody pays.</summary>
public abstract record EmergencyAction
{
    private protected EmergencyAction()
    {
    }

    /// <summary>Whether both act on the same thing: operators hold it for a limited time, whatever values they give.</summary>
    public abstract bool HasTargetOf(EmergencyAction other);
}

/// <summary>A member's requests are refused. It keeps its vote.</summary>
public sealed record SuspendMember(string Member) : EmergencyAction
{
    public override bool HasTargetOf(EmergencyAction other) => other is SuspendMember suspend && suspend.Member == Member;
}

/// <summary>A class's multiplier is capped lower than members voted.</summary>
/// <param name="Class">The customer class.</param>
/// <param name="CapPermille">1000 to below the voted cap.</param>
public sealed record LowerCap(string Class, int CapPermille) : EmergencyAction
{
    public override bool HasTargetOf(EmergencyAction other) => other is LowerCap cap && cap.Class == Class;
}

/// <summary>A lane's guarantee is higher than members voted.</summary>
/// <param name="Class">The customer class.</param>
/// <param name="Lane">One of its lanes.</param>
/// <param name="GuaranteedPermille">Per-mille of C, above the voted one.</param>
public sealed record RaiseGuarantee(string Class, string Lane, int GuaranteedPermille) : EmergencyAction
{
    public override bool HasTargetOf(EmergencyAction other) => other is RaiseGuarantee raise && raise.Class == Class && raise.Lane == Lane;
}

/// <summary>One fact of a co-op's emergencies: declared or lifted. All are published, with their reasons.</summary>
/// <param name="Number">The action's: 1 for the co-op's first, one more with each.</param>
/// <param name="At">When.</param>
/// <param name="By">The operator.</param>
/// <param name="Reason">For members to read; never empty.</param>
public abstract record EmergencyEntry(int Number, Instant At, string By, string Reason);

/// <summary>An action was declared. It holds in <c>[At, EndsAt)</c> and lapses by itself.</summary>
public sealed record EmergencyDeclared(int Number, Instant At, string By, string Reason, EmergencyAction Action, Instant EndsAt)
    : EmergencyEntry(Number, At, By, Reason);

/// <summary>An action was lifted before its end.</summary>
public sealed record EmergencyLifted(int Number, Instant At, string By, string Reason) : EmergencyEntry(Number, At, By, Reason);

/// <summary>An action as it is published.</summary>
/// <param name="Declared">By whom, why, until when.</param>
/// <param name="Lifted">Null unless it was lifted before its end.</param>
public sealed record Emergency(EmergencyDeclared Declared, EmergencyLifted? Lifted)
{
    /// <summary>The first instant at which it no longer holds.</summary>
    public Instant EndsAt => Lifted?.At ?? Declared.EndsAt;

    public bool IsInForceAt(Instant now) => now >= Declared.At && now < EndsAt;
}
