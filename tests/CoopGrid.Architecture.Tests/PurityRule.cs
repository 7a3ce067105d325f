using System.Text.RegularExpressions;

namespace CoopGrid.Architecture.Tests;

/// <summary>
/// Domain is pure: no clock, chance, thread, task, framework or floating point. What it needs comes in as values. Comments and
/// literals are not looked at.
/// </summary>
internal static partial class PurityRule
{
    public static IEnumerable<string> Violations(SourceFile file)
    {
        string[] lines = Code.Of(file.Text).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            foreach (Match match in Impure().Matches(lines[i])) yield return $"{file}:{i + 1}: {match.Value.Trim()} is not for Domain: values in, a value out";
            foreach (Match match in Floating().Matches(lines[i])) yield return $"{file}:{i + 1}: {match.Value} is floating point: integers only";
        }
    }

    [GeneratedRegex(@"\b(Task|ValueTask|async|await|Thread|ThreadPool|Timer|DateTime|DateTimeOffset|TimeProvider|Stopwatch|Random|RandomNumberGenerator"
        + @"|NewGuid|Environment|Console|File|ILogger|IServiceProvider|HttpClient)\b|\busing\s+(static\s+)?(Orleans|Grpc|Google\.Protobuf|Microsoft\.Extensions)\b[\w.]*")]
    private static partial Regex Impure();

    [GeneratedRegex(@"\b(double|float|decimal|Half|Double|Single|Decimal)\b|\b\d[\d_]*\.\d|\bMath\.(Pow|Exp|Log|Log2|Log10|Sqrt|Round)\b")]
    private static partial Regex Floating();
}
