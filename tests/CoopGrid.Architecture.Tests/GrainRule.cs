using System.Text.RegularExpressions;

namespace CoopGrid.Architecture.Tests;

/// <summary>
/// What a rename or a copy must not break: grain classes are internal and sealed and say their type; grain interfaces say theirs; a
/// state name is used by one class only, since the storage key ignores the class.
/// </summary>
internal static partial class GrainRule
{
    public static IEnumerable<string> Violations(IReadOnlyCollection<SourceFile> files)
    {
        Dictionary<string, string> stateNames = [];
        foreach (SourceFile file in files)
        {
            foreach (Match grain in GrainClass().Matches(file.Text))
            {
                string name = grain.Groups["name"].Value;
                string words = grain.Groups["words"].Value;
                if (!words.Contains("internal", StringComparison.Ordinal) || !words.Contains("sealed", StringComparison.Ordinal))
                    yield return $"{file}: the grain {name} must be internal sealed";
                if (!grain.Groups["attributes"].Value.Contains("GrainType(", StringComparison.Ordinal))
                    yield return $"{file}: the grain {name} must have [GrainType(…)]";
            }

            foreach (Match contract in GrainInterface().Matches(file.Text))
            {
                if (!contract.Groups["attributes"].Value.Contains("GrainInterfaceType(", StringComparison.Ordinal))
                    yield return $"{file}: the grain interface {contract.Groups["name"].Value} must have [GrainInterfaceType(…)]";
            }

            foreach (string state in StateName().Matches(file.Text).Select(match => match.Groups["name"].Value))
            {
                if (!stateNames.TryAdd(state, file.Path)) yield return $"{file}: the state name {state} is used by {stateNames[state]} already";
            }
        }
    }

    private const string Attributes = @"(?<attributes>(?:^[ \t]*\[[^\n]*\][ \t]*\n)*)";

    // A class is a grain if it derives from Grain or implements a grain's marker.
    [GeneratedRegex(Attributes + @"^[ \t]*(?<words>(?:\w+[ \t]+)*)class[ \t]+(?<name>\w+)[^;{]*?(?::|,)\s*(?:Grain\b|IGrainBase\b)", RegexOptions.Multiline)]
    private static partial Regex GrainClass();

    [GeneratedRegex(Attributes + @"^[ \t]*(?:\w+[ \t]+)*interface[ \t]+(?<name>\w+)[^{]*?\bIGrainWith\w+Key\b", RegexOptions.Multiline)]
    private static partial Regex GrainInterface();

    [GeneratedRegex(@"\[PersistentState\(\s*(?<name>[^,)]+)")]
    private static partial Regex StateName();
}
