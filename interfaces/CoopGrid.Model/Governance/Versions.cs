namespace CoopGrid.Model;

/// <summary>One version of a class's policy: what it says, from when on, and who made it so. Stored: never change the meaning of a field.</summary>
/// <param name="Policy">With its version.</param>
/// <param name="FromSlice">The first slice that it can hold in, counted from the Unix epoch; 0 if that was not kept.</param>
/// <param name="Origin">The founding charter or the vote.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.PolicyVersion")]
public sealed record PolicyVersion([property: Id(0)] ClassPolicy Policy, [property: Id(1)] long FromSlice, [property: Id(2)] PolicyOrigin Origin);

/// <summary>One version of a co-op's governance numbers, and who made it so. Stored: never change the meaning of a field.</summary>
/// <param name="Governance">With its version; it holds for proposals that are made from <see cref="PolicyOrigin.ExecutedAt"/> on.</param>
/// <param name="Origin">The founding charter or the vote.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.GovernanceVersion")]
public sealed record GovernanceVersion([property: Id(0)] GovernancePolicy Governance, [property: Id(1)] PolicyOrigin Origin);
