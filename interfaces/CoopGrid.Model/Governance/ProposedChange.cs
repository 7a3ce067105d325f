namespace CoopGrid.Model;

/// <summary>What a proposal asks for: one of the three below.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.ProposedChange")]
public abstract record ProposedChange
{
    // Nobody else adds a kind: each needs its checks, its effect and its place in stores.
    private protected ProposedChange()
    {
    }
}

/// <summary>Another policy for a class.</summary>
/// <param name="Class">The customer class.</param>
/// <param name="BasedOn">The version that the proposer read: the newest one, both when it is proposed and when it is executed.</param>
/// <param name="New">The whole policy as it shall be; its own version is not looked at.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.ClassPolicyChange")]
public sealed record ClassPolicyChange(
    [property: Id(0)] string Class, [property: Id(1)] int BasedOn, [property: Id(2)] ClassPolicy New) : ProposedChange;

/// <summary>Other governance numbers for the co-op. They hold for proposals that are made after the execution.</summary>
/// <param name="BasedOn">The version that the proposer read.</param>
/// <param name="New">All numbers as they shall be; their own version is not looked at.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.GovernanceChange")]
public sealed record GovernanceChange([property: Id(0)] int BasedOn, [property: Id(1)] GovernancePolicy New) : ProposedChange;

/// <summary>A spending of the commons account.</summary>
/// <param name="Recipient">Who gets it, for people to read: 1 to 128 bytes of UTF-8. The proposal's text says why.</param>
/// <param name="MicroCredits">1 to the greatest bill; to a member at most the greatest credit.</param>
/// <param name="ToMember">Whether the recipient is a member, whose account gains it and whose next bill shows it; else it is paid outside the grid.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.CommonsSpending")]
public sealed record CommonsSpending(
    [property: Id(0)] string Recipient, [property: Id(1)] long MicroCredits, [property: Id(40)] bool ToMember = false) : ProposedChange;

/// <summary>A proposal as it is handed in.</summary>
/// <param name="Title">1 to 128 bytes of UTF-8.</param>
/// <param name="Why">For voters: 1 to 10,000 characters.</param>
/// <param name="Change">What is asked for.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.ProposalDraft")]
public sealed record ProposalDraft([property: Id(0)] string Title, [property: Id(1)] string Why, [property: Id(2)] ProposedChange Change);

/// <summary>One field that differs between two policies.</summary>
/// <param name="Path">As in the JSON: <c>capacity.unitsPerSecond</c>, <c>lanes[1].name</c>.</param>
/// <param name="Old">As written in JSON; null if the field is new.</param>
/// <param name="New">As written in JSON; null if the field is gone.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.FieldChange")]
public sealed record FieldChange([property: Id(0)] string Path, [property: Id(1)] string? Old, [property: Id(2)] string? New);
