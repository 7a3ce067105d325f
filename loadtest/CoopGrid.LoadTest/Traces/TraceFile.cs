using System.Globalization;
using CsvHelper;

namespace CoopGrid.LoadTest.Traces;

/// <summary>A CSV file with a header, read row by row with errors that name the line.</summary>
internal sealed class TraceFile : IDisposable
{
    private readonly CsvReader _csv;

    public TraceFile(TextReader text, params string[] columns)
    {
        _csv = CsvReader.Create(text, CsvReaderOptions.Default with { TrackLineNumbers = true }, leaveOpen: true);
        try
        {
            Header = [.. _csv.Headers];
        }
        catch (CsvFormatException error)
        {
            throw new TraceException($"The trace's header line cannot be read: {error.Message}");
        }

        if (Header.Length == 0) throw new TraceException("The trace is empty: a header line is needed.");
        foreach (string column in columns)
        {
            if (Place(column) < 0) throw new TraceException($"The trace has no column '{column}'; it has: {string.Join(", ", Header)}.");
        }
    }

    public string[] Header { get; }

    public bool Read()
    {
        try
        {
            return _csv.Read();
        }
        catch (CsvFormatException error)
        {
            throw new TraceException($"Line {_csv.LineNumber}: {error.Message}");
        }
    }

    public string Text(string column) => Place(column) is >= 0 and int place && place < _csv.FieldCount ? _csv.GetString(place) : throw Wrong(column, "a value");

    public long Whole(string column) =>
        long.TryParse(Text(column), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : throw Wrong(column, "a whole number, 0 or more");

    public decimal Decimal(string column) =>
        decimal.TryParse(Text(column), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal value) && value >= 0
            ? value
            : throw Wrong(column, "a number, 0 or more");

    /// <summary>A time in microseconds: a date with a time (UTC unless it says otherwise), or a number of seconds.</summary>
    public long Micros(string column)
    {
        string text = Text(column);
        if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal seconds)) return (long)(seconds * 1_000_000m);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time.UtcTicks / TimeSpan.TicksPerMicrosecond
            : throw Wrong(column, "a time such as 2015-02-26 21:42:53 or a number of seconds");
    }

    public void Dispose() => _csv.Dispose();

    private int Place(string column) => Array.FindIndex(Header, name => name.Equals(column, StringComparison.OrdinalIgnoreCase));

    private TraceException Wrong(string column, string expected) => new($"Line {_csv.LineNumber}, {column}: {expected} was expected.");
}
