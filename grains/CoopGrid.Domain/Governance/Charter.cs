using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>A co-op's founding rules: what its members agreed on before anybody could vote. Valid as <see cref="CharterReader"/> gives it.</summary>
public sealed record Charter
{
    /// <summary>The co-op's name in every id: a word.</summary>
    public required string Coop { get; init; }

    /// <summary>What people call it; the word if the charter gives none.</summary>
    public string Name { get; init; } = "";

    /// <summary>What its bills are counted in, a label; a millionth of it is one micro-credit.</summary>
    public string Currency { get; init; } = "credit";

    /// <summary>IANA id of the zone in which its epochs and time-of-use bands are meant.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>How its members decide; valid, version 1.</summary>
    public GovernancePolicy Governance { get; init; } = new();

    /// <summary>At least one, in the order of the charter; names are unique.</summary>
    public ImmutableArray<CharterClass> Classes { get; init; } = [];

    /// <summary>Members enrolled at founding, in the order of the charter; names and senders are unique.</summary>
    public ImmutableArray<CharterMember> Members { get; init; } = [];

    /// <summary>The class of that name, or null.</summary>
    public CharterClass? FindClass(string name) => Classes.FirstOrDefault(found => found.Name == name);

    /// <summary>What is allowed and yet worth knowing before founding, with paths as in the charter.</summary>
    public IReadOnlyList<PolicyError> Warnings() =>
        [.. Classes.SelectMany(found => PolicyRules.Warnings(found.Policy).Select(warning => warning.Under($"classes.{found.Name}")))];
}

/// <summary>A customer class of a charter.</summary>
/// <param name="Name">A word.</param>
/// <param name="Policy">Valid; version 1.</param>
public sealed record CharterClass(string Name, ClassPolicy Policy);

/// <summary>A member that a charter enrols.</summary>
public sealed record CharterMember
{
    /// <summary>1 to 128 bytes of UTF-8.</summary>
    public required string Name { get; init; }

    /// <summary>Its customer class, one of the charter's.</summary>
    public required string Class { get; init; }

    /// <summary>Lanes of its class that it may use beyond those open to all.</summary>
    public ImmutableArray<string> Entitlements { get; init; } = [];

    /// <summary>Addresses bound to it, each 1 to 128 bytes of UTF-8.</summary>
    public ImmutableArray<string> Senders { get; init; } = [];
}

/// <summary>A charter that was read, or what is wrong with it: one of the two.</summary>
/// <param name="Charter">The valid charter; null if there are errors.</param>
public sealed record CharterReading(Charter? Charter, ImmutableArray<PolicyError> Errors);
