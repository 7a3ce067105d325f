using System.Text.RegularExpressions;

namespace CoopGrid.Architecture.Tests;

/// <summary>
/// No path makes a policy effective without its vote (SPEC.md §11): of the code that is shipped, only the proposal's grain has a class or a co-op adopt a version.
/// Any use of the word is a call, a method group too; only the declarations are none.
/// </summary>
internal static partial class AdoptionRule
{
    public const string Caller = "grains/CoopGrid.Grains/Governance/ProposalGrain.cs";

    public static readonly string[] Shipped = ["client", "grains", "interfaces", "loadtest", "silo"];

    public static IEnumerable<string> Violations(SourceFile file)
    {
        if (file.Path == Caller) yield break;
        string[] lines = Code.Of(file.Text).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            foreach (Match _ in Adoption().Matches(lines[i])) yield return $"{file}:{i + 1}: only an executed proposal has a version adopted: make one, and have it voted";
        }
    }

    [GeneratedRegex(@"(?<!\bTask<bool>\s+)\bAdopt\b")]
    private static partial Regex Adoption();
}
