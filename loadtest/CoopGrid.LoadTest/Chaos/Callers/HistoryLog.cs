using System.Text.Json;
using CoopGrid.LoadTest.Chaos.Judging;

namespace CoopGrid.LoadTest.Chaos.Callers;

/// <summary>Every attempt of every caller, kept for the judge and written to a file, a JSON object a line, as it ends.</summary>
internal sealed class HistoryLog : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Compact = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingDefault,
    };

    private readonly List<CallRecord> _calls = [];
    private readonly StreamWriter _file;
    private readonly Lock _lock = new();

    public HistoryLog(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
        Path = full;
        _file = new StreamWriter(full);
    }

    public string Path { get; }

    /// <summary>All calls so far.</summary>
    public IReadOnlyList<CallRecord> Calls
    {
        get
        {
            lock (_lock) return [.. _calls];
        }
    }

    /// <summary>Answers so far, and attempts without one.</summary>
    public (int Answered, int Unknown) Counts
    {
        get
        {
            lock (_lock) return (_calls.Count - _unknown, _unknown);
        }
    }

    private int _unknown;

    public void Add(CallRecord call)
    {
        string line = Line(call);
        lock (_lock)
        {
            _calls.Add(call);
            if (call.IsUnknown) _unknown++;
            _file.WriteLine(line);
        }
    }

    /// <summary>As the file has it.</summary>
    public static string Line(CallRecord call) => JsonSerializer.Serialize(call, Compact);

    /// <exception cref="InvalidDataException">A line is no call.</exception>
    public static IReadOnlyList<CallRecord> Read(string path)
    {
        try
        {
            return [.. File.ReadLines(path).Select(line => JsonSerializer.Deserialize<CallRecord>(line, Compact)!)];
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}: {error.Message}", error);
        }
    }

    public async ValueTask DisposeAsync() => await _file.DisposeAsync();
}
