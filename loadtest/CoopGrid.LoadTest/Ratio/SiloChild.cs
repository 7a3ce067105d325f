namespace CoopGrid.LoadTest.Ratio;

/// <summary>A silo of our own, with free ports and a new data folder.</summary>
internal static class SiloChild
{
    /// <param name="dll">The silo's dll.</param>
    /// <param name="charter">The founding charter, or null for the silo's default.</param>
    /// <param name="folder">Holds its data and its log.</param>
    /// <param name="settings">More of its environment.</param>
    /// <param name="port">Where it listens for gRPC.</param>
    public static Child Start(string dll, string? charter, string folder, IReadOnlyDictionary<string, string> settings, out int port)
    {
        port = Child.FreePort();
        var all = new Dictionary<string, string>(settings)
        {
            ["CoopGrid__Grpc__Port"] = $"{port}",
            ["CoopGrid__Http__Port"] = $"{Child.FreePort()}",
            ["CoopGrid__Silo__Port"] = $"{Child.FreePort()}",
            ["CoopGrid__Silo__GatewayPort"] = $"{Child.FreePort()}",
            ["CoopGrid__DataPath"] = DataPath(folder),
        };
        if (charter is not null) all["CoopGrid__Charter"] = Path.GetFullPath(charter);
        return Child.Start(Path.GetFullPath(dll), [], all, Path.Combine(folder, "silo.log"));
    }

    public static string DataPath(string folder) => Path.Combine(folder, "data");
}
