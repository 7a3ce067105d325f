using CoopGrid.LoadTest.Schedule;

namespace CoopGrid.LoadTest.Traces;

/// <summary>How a trace becomes requests.</summary>
/// <param name="Members">Synthetic members, for traces that name none.</param>
/// <param name="Skew">The exponent of the Zipf law by which messages fall on members.</param>
/// <param name="Speed">How much faster than life; 0 = as fast as the grid answers.</param>
/// <param name="Units">Units of a message, or, in a trace of tokens, tokens per unit.</param>
/// <param name="Rows">At most this many rows; 0 = all.</param>
/// <param name="SkipRows">So many rows at the trace's beginning are left out.</param>
internal sealed record TraceOptions(
    int Members, double Skew, double Speed, long Units, int Rows, ulong Seed, string Prefix, string Lane, int SkipRows = 0);

/// <summary>The traces whose rows are requests for admission.</summary>
internal static class MessageTraces
{
    /// <summary>TIMESTAMP, ContextTokens, GeneratedTokens: a request per row, its units its tokens, rounded up.</summary>
    public static Workload AzureLlm(TextReader text, TraceOptions options)
    {
        var chance = new SplitMix(options.Seed);
        var zipf = new Zipf(options.Members, options.Skew);
        using TraceFile file = Open(text, options, "TIMESTAMP", "ContextTokens", "GeneratedTokens");
        var sends = new List<PlannedSend>();
        while (More(file, sends.Count, options))
        {
            long tokens = file.Whole("ContextTokens") + file.Whole("GeneratedTokens");
            long units = Math.Max(1, (tokens + options.Units - 1) / options.Units);
            sends.Add(new PlannedSend(file.Micros("TIMESTAMP"), zipf.Pick(chance), 0, 0, units));
        }

        return Scale(Workload.Names(options.Prefix, options.Members), [options.Lane], sends, options);
    }

    /// <summary>timestamp, value: that many messages, spread over the time until the next row.</summary>
    public static Workload Tweets(TextReader text, TraceOptions options)
    {
        var rows = new List<(long At, long Count)>();
        using TraceFile file = Open(text, options, "timestamp", "value");
        while (More(file, rows.Count, options)) rows.Add((file.Micros("timestamp"), file.Whole("value")));
        var chance = new SplitMix(options.Seed);
        var zipf = new Zipf(options.Members, options.Skew);
        var sends = new List<PlannedSend>();
        for (int i = 0; i < rows.Count; i++)
        {
            (long at, long count) = rows[i];
            // The rows of the shared traces are 5 minutes apart; a hole or a clock set back does not stretch a row's messages.
            long span = i + 1 < rows.Count ? Math.Clamp(rows[i + 1].At - at, 1, 300_000_000) : 300_000_000;
            for (long n = 0; n < count; n++)
                sends.Add(new PlannedSend(at + (long)(chance.NextDouble() * span), zipf.Pick(chance), 0, 0, options.Units));
        }

        return Scale(Workload.Names(options.Prefix, options.Members), [options.Lane], sends, options);
    }

    /// <summary>timestamp, member, units and, if there is such a column, lane.</summary>
    public static Workload Plain(TextReader text, TraceOptions options)
    {
        using TraceFile file = Open(text, options, "timestamp", "member", "units");
        bool laned = file.Header.Contains("lane", StringComparer.OrdinalIgnoreCase);
        var members = new Dictionary<string, int>(StringComparer.Ordinal);
        var lanes = new Dictionary<string, int>(StringComparer.Ordinal);
        var sends = new List<PlannedSend>();
        while (More(file, sends.Count, options))
        {
            long units = file.Whole("units");
            if (units == 0) continue;
            byte lane = checked((byte)PlaceOf(lanes, laned ? file.Text("lane") : options.Lane));
            sends.Add(new PlannedSend(file.Micros("timestamp"), PlaceOf(members, file.Text("member")), 0, lane, units));
        }

        return Scale([.. members.Keys], [.. lanes.Keys], sends, options);
    }

    private static TraceFile Open(TextReader text, TraceOptions options, params string[] columns)
    {
        var file = new TraceFile(text, columns);
        for (int row = 0; row < options.SkipRows && file.Read(); row++)
        {
        }

        return file;
    }

    private static bool More(TraceFile file, int rows, TraceOptions options) => (options.Rows == 0 || rows < options.Rows) && file.Read();

    private static int PlaceOf(Dictionary<string, int> places, string name)
    {
        if (!places.TryGetValue(name, out int place)) places.Add(name, place = places.Count);
        return place;
    }

    private static Workload Scale(string[] members, string[] lanes, List<PlannedSend> sends, TraceOptions options)
    {
        if (sends.Count == 0) return new Workload(members, ["trace"], lanes, []);
        long start = sends.Min(send => send.AtMicros);
        double speed = options.Speed > 0 ? options.Speed : 1;
        return new Workload(members, ["trace"], lanes,
            Workload.Ordered(sends.Select(send => send with { AtMicros = (long)((send.AtMicros - start) / speed) })));
    }
}
