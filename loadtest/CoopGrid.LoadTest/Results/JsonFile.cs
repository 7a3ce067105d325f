using System.Text.Json;

namespace CoopGrid.LoadTest.Results;

/// <summary>Reads and writes the run's files: camel-case JSON.</summary>
internal static class JsonFile
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private static readonly JsonSerializerOptions Compact = new(JsonSerializerDefaults.Web);

    public static void Write<T>(string path, T value, bool indented = true)
    {
        string full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        using FileStream file = File.Create(full);
        JsonSerializer.Serialize(file, value, indented ? Indented : Compact);
    }

    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    public static T Read<T>(string path)
    {
        using FileStream file = File.OpenRead(path);
        try
        {
            return JsonSerializer.Deserialize<T>(file, Compact) ?? throw new InvalidDataException($"{path} is empty.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}: {error.Message}", error);
        }
    }
}
