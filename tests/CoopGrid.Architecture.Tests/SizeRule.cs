using System.Globalization;

namespace CoopGrid.Architecture.Tests;

/// <summary>
/// Small rooms: 300 lines a file (tests 400), 14 source files a folder. What was larger stands in size-exceptions.txt with its size, which
/// may only shrink: the entry is lowered with the file, and goes when it is no longer needed.
/// </summary>
internal static class SizeRule
{
    public const int MaxLines = 300;
    public const int MaxTestLines = 400;
    public const int MaxFiles = 14;

    /// <summary>"path size" a line; '#' begins a comment.</summary>
    public static Dictionary<string, int> Exceptions(string text) => text.Split('\n')
        .Select(line => line.Split('#')[0].Trim())
        .Where(line => line.Length > 0)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .ToDictionary(parts => parts[0], parts => int.Parse(parts[1], CultureInfo.InvariantCulture));

    public static IEnumerable<string> Violations(IReadOnlyCollection<SourceFile> files, Dictionary<string, int> exceptions)
    {
        Dictionary<string, (int Size, int Limit, string Unit)> sizes = [];
        foreach (SourceFile file in files)
        {
            bool isTest = file.Path.StartsWith("tests/", StringComparison.Ordinal);
            sizes[file.Path] = (file.Lines.Length, isTest ? MaxTestLines : MaxLines, "lines");
        }

        foreach (IGrouping<string, SourceFile> folder in files.GroupBy(file => file.Folder)) sizes[folder.Key] = (folder.Count(), MaxFiles, "source files");
        foreach (string path in exceptions.Keys.Except(sizes.Keys)) yield return $"{path}: is gone; take it out of size-exceptions.txt";
        foreach ((string path, (int size, int limit, string unit)) in sizes)
        {
            if (!exceptions.TryGetValue(path, out int excepted))
            {
                if (size > limit) yield return $"{path}: {size} {unit}, more than {limit}: divide it";
            }
            else if (size <= limit)
            {
                yield return $"{path}: {size} {unit} are within {limit}; take it out of size-exceptions.txt";
            }
            else if (size != excepted)
            {
                yield return size > excepted
                    ? $"{path}: {size} {unit}, more than the {excepted} it had: divide it"
                    : $"{path}: {size} {unit}; lower its {excepted} in size-exceptions.txt";
            }
        }
    }
}
