using System.Globalization;
using Spectre.Console;

namespace CoopGrid.Cli;

/// <summary>Replies as people read them.</summary>
internal static class Sheet
{
    /// <summary>Names and values under each other; rows without a value are left out.</summary>
    public static void Print(params (string Name, string? Value)[] rows)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        foreach ((string name, string? value) in rows)
        {
            if (!string.IsNullOrEmpty(value)) grid.AddRow(new Markup($"[grey]{Markup.Escape(name)}[/]"), new Text(value));
        }

        AnsiConsole.Write(grid);
    }

    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Per-mille or thousandths as a decimal.</summary>
    public static string Thousandths(long value) => (value / 1000m).ToString("#,0.000", CultureInfo.InvariantCulture);

    /// <summary>Micro-credits as credits.</summary>
    public static string Credits(long microCredits) => (microCredits / 1_000_000m).ToString("#,0.000000", CultureInfo.InvariantCulture);

    public static string Multiplier(int permille) => "×" + Thousandths(permille);

    public static string Time(long unixMs) => unixMs == 0 ? ""
        : DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
