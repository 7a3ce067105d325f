using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

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
