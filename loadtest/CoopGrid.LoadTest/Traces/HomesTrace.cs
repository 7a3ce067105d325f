namespace CoopGrid.LoadTest.Traces;

/// <summary>Metered homes: columns home1, home2… in kWh per row; all else is left aside.</summary>
/// <param name="Homes">The homes' names.</param>
/// <param name="WattHours">By row and home, whole watt-hours.</param>
internal sealed record HomesTrace(string[] Homes, long[][] WattHours)
{
    /// <param name="rowsPerSlice">How many rows are added up into one slice of the class.</param>
    /// <param name="rows">At most this many rows; 0 = all.</param>
    public static HomesTrace Read(TextReader text, int rowsPerSlice = 1, int rows = 0)
    {
        using var file = new TraceFile(text, "home1");
        string[] homes = [.. file.Header.Where(name => name.StartsWith("home", StringComparison.OrdinalIgnoreCase))];
        var slices = new List<long[]>();
        for (int row = 0; (rows == 0 || row < rows) && file.Read(); row++)
        {
            if (row % rowsPerSlice == 0) slices.Add(new long[homes.Length]);
            for (int home = 0; home < homes.Length; home++)
                slices[^1][home] += (long)Math.Round(file.Decimal(homes[home]) * 1000, MidpointRounding.ToEven);
        }

        return new HomesTrace(homes, [.. slices]);
    }
}
