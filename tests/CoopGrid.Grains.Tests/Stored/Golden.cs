namespace CoopGrid.Grains.Tests.Stored;

/// <summary>Bytes as they were first released: one line for each, its name and its hex.</summary>
internal static class Golden
{
    public static IReadOnlyDictionary<string, byte[]> Read(string file) => Lines(file)
        .Select(line => line.Split(' '))
        .ToDictionary(parts => parts[0], parts => Convert.FromHexString(parts[1]), StringComparer.Ordinal);

    /// <summary>The file's lines.</summary>
    public static string[] Lines(string file)
    {
        using var reader = new StreamReader(typeof(Golden).Assembly.GetManifestResourceStream(file)!);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
