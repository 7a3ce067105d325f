namespace CoopGrid.LoadTest.Commands;

/// <summary>Reads <c>--set</c>.</summary>
internal static class ClusterSettings
{
    /// <param name="given">Each <c>Name=value</c>, or a name alone for an empty value.</param>
    public static IReadOnlyDictionary<string, string> Read(string[]? given) =>
        (given ?? []).Select(setting => setting.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts.Length > 1 ? parts[1] : "");
}
