namespace CoopGrid.Model;

/// <summary>The three things that an operator may do alone, until members decide. None can raise what anybody pays.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.EmergencyAction")]
public abstract record EmergencyAction
{
    private protected EmergencyAction()
    {
    }

    /// <summary>Whether both act on the same thing: operators hold it for a limited time, whatever values they give.</summary>
    public abstract bool HasTargetOf(EmergencyAction other);
}

/// <summary>A member's requests are refused. It keeps its vote.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.SuspendMember")]
public sealed record SuspendMember([property: Id(0)] string Member) : EmergencyAction
{
    public override bool HasTargetOf(EmergencyAction other) => other is SuspendMember suspend && suspend.Member == Member;
}

/// <summary>A class's multiplier is capped lower than members voted.</summary>
/// <param name="Class">The customer class.</param>
/// <param name="CapPermille">1000 to below the voted cap.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.LowerCap")]
public sealed record LowerCap([property: Id(0)] string Class, [property: Id(1)] int CapPermille) : EmergencyAction
{
    public override bool HasTargetOf(EmergencyAction other) => other is LowerCap cap && cap.Class == Class;
}

/// <summary>A lane's guarantee is higher than members voted.</summary>
/// <param name="Class">The customer class.</param>
/// <param name="Lane">One of its lanes.</param>
/// <param name="GuaranteedPermille">Per-mille of C, above the voted one.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.RaiseGuarantee")]
public sealed record RaiseGuarantee(
    [property: Id(0)] string Class, [property: Id(1)] string Lane, [property: Id(2)] int GuaranteedPermille) : EmergencyAction
{
    public override bool HasTargetOf(EmergencyAction other) => other is RaiseGuarantee raise && raise.Class == Class && raise.Lane == Lane;
}
