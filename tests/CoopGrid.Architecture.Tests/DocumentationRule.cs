using System.Text.RegularExpressions;

namespace CoopGrid.Architecture.Tests;

/// <summary>Every public type of Model and Domain, and everything in a proto, says what it means.</summary>
internal static partial class DocumentationRule
{
    public static IEnumerable<string> UndocumentedTypes(SourceFile file)
    {
        string[] lines = file.Lines;
        for (int i = 0; i < lines.Length; i++)
        {
            Match type = PublicType().Match(lines[i]);
            if (!type.Success) continue;
            int above = i - 1;
            while (above >= 0 && lines[above].TrimStart().StartsWith('[')) above--;
            bool documented = above >= 0 && lines[above].TrimStart().StartsWith("///", StringComparison.Ordinal);
            if (!documented) yield return $"{file}:{i + 1}: the public type {type.Groups["name"].Value} has no summary";
        }
    }

    /// <summary>Services, calls, messages, enums, values and fields; only a file's head and an enum's UNSPECIFIED need no words.</summary>
    public static IEnumerable<string> UncommentedInProto(SourceFile proto)
    {
        string[] lines = proto.Lines;
        for (int i = 0; i < lines.Length; i++)
        {
            Match entry = ProtoEntry().Match(lines[i]);
            if (!entry.Success || entry.Value.Contains("UNSPECIFIED", StringComparison.Ordinal)) continue;
            bool above = i > 0 && lines[i - 1].TrimStart().StartsWith("//", StringComparison.Ordinal);
            bool beside = lines[i].Contains("//", StringComparison.Ordinal);
            if (!above && !beside) yield return $"{proto}:{i + 1}: '{lines[i].Trim()}' has no comment";
        }
    }

    [GeneratedRegex(@"^\s*public\s+(?:(?:sealed|static|abstract|readonly|partial|ref|unsafe)\s+)*(?:record\s+struct|record\s+class|record|class|struct|interface|enum|delegate\s+\S+)\s+(?<name>\w+)")]
    private static partial Regex PublicType();

    [GeneratedRegex(@"^\s*(service|rpc|message|enum|oneof)\s+\w+|^\s*(?!option\b|syntax\b|package\b|import\b|reserved\b)[\w.<>, ]+\s*=\s*\d+\s*(\[.*\])?;")]
    private static partial Regex ProtoEntry();
}
