using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Interfaces;

/// <summary>
/// A co-op's emergency actions (SPEC.md §11); the key is the co-op's name. Its entries are in a book of the store: each call makes one decision, writes it there, and
/// only then answers. A call that fails may have been taken; every call is harmless to repeat. Classes read the book by themselves.
/// </summary>
[Alias("coopgrid.IEmergencyGrain")]
[GrainInterfaceType("coopgrid.emergency")]
public interface IEmergencyGrain : IGrainWithStringKey
{
    /// <summary>Declares an action, in force at once.</summary>
    /// <param name="reason">Published.</param>
    /// <param name="endsAt">The first instant at which it no longer holds.</param>
    [Alias("Declare")]
    Task<EmergencyAnswer> Declare(EmergencyAction action, string reason, Instant endsAt, Caller by);

    /// <summary>Lifts an action before its end.</summary>
    /// <param name="reason">Published.</param>
    [Alias("Lift")]
    Task<EmergencyAnswer> Lift(int number, string reason, Caller by);

    /// <summary>Every action after a number, in the order they were declared.</summary>
    [Alias("List")]
    Task<ImmutableArray<EmergencyView>> List(int after, int limit);
}

/// <summary>The answer to an operator's call.</summary>
/// <param name="Outcome">The first that applies.</param>
/// <param name="Reason">For refusals: what was wrong and what to do.</param>
/// <param name="Action">The action afterwards; null if there is none.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.EmergencyAnswer")]
public sealed record EmergencyAnswer(
    [property: Id(0)] EmergencyOutcome Outcome, [property: Id(1)] string Reason, [property: Id(2)] EmergencyView? Action);

/// <summary>An emergency action as everybody may see it. It holds in <c>[DeclaredAt, EndsAt)</c>.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.EmergencyView")]
public sealed record EmergencyView
{
    /// <summary>1 for the co-op's first, one more with each.</summary>
    [Id(0)] public required int Number { get; init; }

    /// <summary>What it does.</summary>
    [Id(1)] public required EmergencyAction Action { get; init; }

    [Id(2)] public Instant DeclaredAt { get; init; }

    [Id(3)] public string DeclaredBy { get; init; } = "";

    /// <summary>Why.</summary>
    [Id(4)] public string Reason { get; init; } = "";

    /// <summary>The first instant at which it no longer holds: when it lapses, or was lifted.</summary>
    [Id(5)] public Instant EndsAt { get; init; }

    /// <summary>When it was lifted before its end; null unless it was.</summary>
    [Id(6)] public Instant? LiftedAt { get; init; }

    [Id(7)] public string LiftedBy { get; init; } = "";

    [Id(8)] public string LiftReason { get; init; } = "";

    public bool IsInForceAt(Instant now) => now >= DeclaredAt && now < EndsAt;
}
