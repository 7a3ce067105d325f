namespace CoopGrid.Architecture.Tests;

/// <summary>One text file of the repository.</summary>
/// <param name="Path">From the repository's root, with '/'.</param>
/// <param name="Text">All of it.</param>
internal sealed record SourceFile(string Path, string Text)
{
    public string Folder => Path.Contains('/', StringComparison.Ordinal) ? Path[..Path.LastIndexOf('/')] : "";

    public string[] Lines => Text.TrimEnd('\n').Split('\n');

    public override string ToString() => Path;
}

/// <summary>The files of the repository that this test run was built from.</summary>
internal static class Repository
{
    private static readonly string[] NotOurs = [".git", "artifacts", "bin", "obj", "data", "node_modules", ".vs", ".idea"];

    public static string Root { get; } = FindRoot();

    /// <summary>Files whose name ends with one of <paramref name="endings"/>, below <paramref name="folder"/>, in the order of their paths.</summary>
    public static IReadOnlyList<SourceFile> Files(string folder, params string[] endings)
    {
        List<SourceFile> files = [];
        string start = Path.Combine(Root, folder);
        if (Directory.Exists(start)) Gather(start, endings, files);
        return [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    private static void Gather(string folder, string[] endings, List<SourceFile> files)
    {
        foreach (string file in Directory.GetFiles(folder))
        {
            if (!endings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal))) continue;
            files.Add(new(Path.GetRelativePath(Root, file).Replace('\\', '/'), File.ReadAllText(file)));
        }

        foreach (string below in Directory.GetDirectories(folder))
        {
            if (!NotOurs.Contains(Path.GetFileName(below))) Gather(below, endings, files);
        }
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "CoopGrid.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("CoopGrid.sln is in no folder above the tests");
    }
}
