using System.Text;

namespace CoopGrid.Domain.Billing.Exports;

/// <summary>Comma-separated text as of RFC 4180: lines end with CR LF, a field with a comma, quote or line break is quoted, quotes are doubled.</summary>
public static class Csv
{
    private static readonly char[] Quoted = [',', '"', '\r', '\n'];

    /// <summary>One record with its line end.</summary>
    public static string Record(IEnumerable<string> fields)
    {
        StringBuilder text = new();
        foreach ((int place, string field) in fields.Index())
        {
            if (place > 0) text.Append(',');
            if (field.IndexOfAny(Quoted) < 0) text.Append(field);
            else text.Append('"').Append(field.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        }

        return text.Append("\r\n").ToString();
    }
}
