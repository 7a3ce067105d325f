using System.Text.RegularExpressions;

namespace CoopGrid.Architecture.Tests;

/// <summary>
/// An enum that is an order of precedence is the same in code, on the wire and in the specification: same names, same numbers, ascending.
/// </summary>
internal static partial class EnumRule
{
    /// <summary>The values of an enum as text has them, C# or proto: names in PascalCase without the proto's prefix.</summary>
    public static IReadOnlyList<(string Name, int Number)> Values(string text, string name)
    {
        Match body = Regex.Match(text, $@"\benum\s+{name}\b[^{{]*\{{(?<body>[^}}]*)\}}");
        return [.. Entry().Matches(Comment().Replace(body.Groups["body"].Value, ""))
            .Select(entry => (Pascal(entry.Groups["name"].Value, name), int.Parse(entry.Groups["number"].Value, System.Globalization.CultureInfo.InvariantCulture)))];
    }

    public static IEnumerable<string> Violations(
        string name, IReadOnlyList<(string Name, int Number)> code, IReadOnlyList<(string Name, int Number)> wire, IReadOnlyList<string> order)
    {
        if (code.Count == 0 || wire.Count == 0) yield return $"{name}: not found in {(code.Count == 0 ? "the code" : "the proto")}";
        IEnumerable<(string, int)> expected = order.Select((value, i) => (value, i + 1));
        foreach ((string side, IReadOnlyList<(string Name, int Number)> values) in new[] { ("code", code), ("wire", wire) })
        {
            // 0 is "nothing said" and has a name of its own on each side.
            IEnumerable<(string, int)> found = values.Where(value => value.Number != 0);
            if (!found.SequenceEqual(expected)) yield return $"{name} on the {side} side is {Shown(found)} and should be {Shown(expected)}";
        }
    }

    private static string Shown(IEnumerable<(string Name, int Number)> values) => string.Join(" ", values.Select(value => $"{value.Name}={value.Number}"));

    private static string Pascal(string entry, string name)
    {
        if (entry.Any(char.IsAsciiLetterLower)) return entry;
        string prefix = string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : $"{c}")).ToUpperInvariant() + "_";
        string own = entry.StartsWith(prefix, StringComparison.Ordinal) ? entry[prefix.Length..] : entry;
        return string.Concat(own.Split('_').Select(word => word[..1] + word[1..].ToLowerInvariant()));
    }

    [GeneratedRegex(@"(?<name>\w+)\s*=\s*(?<number>\d+)")]
    private static partial Regex Entry();

    [GeneratedRegex(@"//.*")]
    private static partial Regex Comment();
}
