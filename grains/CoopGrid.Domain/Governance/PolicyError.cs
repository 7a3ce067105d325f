namespace CoopGrid.Domain.Governance;

/// <summary>What is wrong with one field of a charter or policy, or worth a warning.</summary>
/// <param name="Path">The field as in the JSON, from the outside in: <c>classes.residential.capacity.unitsPerSecond</c>, <c>lanes[2].name</c>.</param>
/// <param name="Message">What the field may be and what it was, for a person.</param>
public sealed record PolicyError(string Path, string Message)
{
    public override string ToString() => Path.Length == 0 ? Message : $"{Path}: {Message}";

    /// <summary>The same error of a part that lies at <paramref name="path"/> of something larger.</summary>
    internal PolicyError Under(string path) => new(Path.Length == 0 ? path : $"{path}.{Path}", Message);
}

/// <summary>
/// Errors as they are found. A field that is wrong already is not judged again: its value is a stand-in, and a second
/// complaint about the stand-in would only puzzle.
/// </summary>
internal sealed class ErrorList
{
    private readonly List<PolicyError> _errors = [];
    private readonly HashSet<string> _paths = [];

    public IReadOnlyList<PolicyError> Errors => _errors;

    /// <summary>Adds an error whatever else is known of the field.</summary>
    public void Add(string path, string message)
    {
        _errors.Add(new(path, message));
        _paths.Add(path);
    }

    /// <summary>Adds an error unless the field, or what holds it, is wrong already.</summary>
    public void Judge(bool holds, string path, string message)
    {
        if (!holds && IsClean(path)) Add(path, message);
    }

    /// <summary>Judges a number by its range.</summary>
    public void Judge(long value, LimitRange range, string path) =>
        Judge(range.Holds(value), path, $"must be {range}; was {value:N0}");

    /// <summary>Whether nothing is wrong with the fields, nor with what holds them: only then can they be compared.</summary>
    public bool AreClean(params ReadOnlySpan<string> paths)
    {
        foreach (string path in paths)
        {
            if (!IsClean(path)) return false;
        }

        return true;
    }

    private bool IsClean(string path)
    {
        if (_paths.Contains(path) || _paths.Contains("")) return false;
        for (int i = path.Length - 1; i > 0; i--)
        {
            if (path[i] is '.' or '[' && _paths.Contains(path[..i])) return false;
        }

        return true;
    }
}
