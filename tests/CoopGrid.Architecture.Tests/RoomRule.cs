using System.Text.RegularExpressions;

namespace CoopGrid.Architecture.Tests;

/// <summary>
/// Domain and Grains have the same rooms, one for each section of the specification; a namespace begins with its room. Grains have a
/// few rooms more for what is memory and not rule.
/// </summary>
internal static partial class RoomRule
{
    public static readonly string[] Rooms =
        ["Usage", "Admission", "Capacity", "Pricing", "Market", "Bank", "Metering", "Billing", "Governance", "Proofs"];

    public static readonly string[] MoreInGrains = ["Ledger", "Hosting"];

    private static readonly Dictionary<string, string[]> Projects = new()
    {
        ["grains/CoopGrid.Domain/"] = Rooms,
        ["grains/CoopGrid.Grains/"] = [.. Rooms, .. MoreInGrains],
    };

    public static IEnumerable<string> Violations(SourceFile file)
    {
        foreach ((string project, string[] rooms) in Projects)
        {
            if (!file.Path.StartsWith(project, StringComparison.Ordinal)) continue;
            string[] parts = file.Path[project.Length..].Split('/');
            if (parts.Length < 2)
            {
                yield return $"{file}: belongs in a room: {string.Join(", ", rooms)}";
                continue;
            }

            if (!rooms.Contains(parts[0])) yield return $"{file}: {parts[0]} is no room; rooms are {string.Join(", ", rooms)}";
            string expected = $"{project.Split('/')[1]}.{parts[0]}";
            string found = Namespace().Match(file.Text).Groups[1].Value;
            bool agrees = found == expected || found.StartsWith(expected + ".", StringComparison.Ordinal);
            if (!agrees) yield return $"{file}: the namespace must begin with {expected}; it is '{found}'";
        }
    }

    [GeneratedRegex(@"^namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
