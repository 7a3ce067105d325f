using System.Collections.Immutable;
using CoopGrid.Domain.Governance;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Governance;

/// <summary>What is stored of a co-op. Stored: never change the meaning of a field, add new ones.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.coop.1")]
public sealed record CoopCheckpoint
{
    /// <summary>The founding charter as it was read.</summary>
    [Id(0)] public string CharterJson { get; init; } = "";

    [Id(1)] public CoopProfile? Profile { get; init; }

    /// <summary>Whether every class and member of the charter is there.</summary>
    [Id(2)] public bool Complete { get; init; }

    /// <summary>Every version of the governance numbers; empty in a checkpoint that is older than votes.</summary>
    [Id(3)] public ImmutableArray<GovernanceVersion> Governance { get; init; } = [];

    /// <summary>The execution that has the turn, or null.</summary>
    [Id(4)] public ExecutionTurn? Execution { get; init; }

    /// <summary>The versions of the governance numbers. A co-op that is older than votes has those of its charter, which may say nothing and has the defaults then.</summary>
    public ImmutableArray<GovernanceVersion> ToVersions()
    {
        if (!Governance.IsDefaultOrEmpty || Profile is null) return Governance.IsDefault ? [] : Governance;
        CharterReading reading = CharterReader.Read(CharterJson);
        Charter charter = reading.Charter ?? throw new InvalidOperationException($"The charter of {Profile.Coop} cannot be read: {string.Join(' ', reading.Errors)}");
        return [new(charter.Governance, new() { Version = charter.Governance.Version })];
    }
}
