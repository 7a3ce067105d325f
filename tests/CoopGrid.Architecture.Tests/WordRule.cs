using System.Text.RegularExpressions;

namespace CoopGrid.Architecture.Tests;

/// <summary>No open ends without an issue, no skipped tests, and no type named for nothing in particular.</summary>
internal static partial class WordRule
{
    public static IEnumerable<string> OpenEnds(SourceFile file)
    {
        string[] lines = file.Lines;
        for (int i = 0; i < lines.Length; i++)
        {
            if (OpenEnd().IsMatch(lines[i]) && !Issue().IsMatch(lines[i])) yield return $"{file}:{i + 1}: an open end without an issue's number: {lines[i].Trim()}";
        }
    }

    public static IEnumerable<string> Skipped(SourceFile file)
    {
        foreach (Match _ in Skip().Matches(file.Text)) yield return $"{file}: a skipped test; mend it or take it out";
    }

    public static IEnumerable<string> EmptyNames(SourceFile file)
    {
        foreach (Match type in EmptyName().Matches(Code.Of(file.Text))) yield return $"{file}: {type.Groups["name"].Value} says nothing; name it for what it does";
    }

    // In pieces, so that this file is not found by its own rule.
    [GeneratedRegex(@"\b(TO" + @"DO|FIX" + @"ME|HA" + @"CK|XX" + @"X)\b")]
    private static partial Regex OpenEnd();

    [GeneratedRegex(@"#\d+")]
    private static partial Regex Issue();

    [GeneratedRegex(@"\[(?:Fact|Theory)\([^\]]*\bSkip" + @"\s*=")]
    private static partial Regex Skip();

    [GeneratedRegex(@"\b(?:class|struct|record|interface)\s+(?<name>\w*(?:Manager|Helpers?|Utils?|Utility|Utilities|Common|Base))\b")]
    private static partial Regex EmptyName();
}
