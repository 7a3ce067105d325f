using System.Text;
using CoopGrid.Silo.Ledger.Export;

namespace CoopGrid.Silo.Hosting;

/// <summary>
/// <c>ledger export COOP [FILE]</c>: the co-op's ledger as lines of JSON, to a file or to standard output, from the store that the settings name;
/// <c>ledger slots COOP [FILE]</c>: the books of its slots likewise. No silo is started; those that run go on.
/// </summary>
internal static class LedgerCommand
{
    private const string Name = "ledger";
    private const string Entries = "export";
    private const string Slots = "slots";
    private const int Done = 0;
    private const int Incomplete = 1;
    private const int BadUsage = 2;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static bool IsAsked(string[] args) => args is [Name, ..];

    /// <returns>0 all of it, 1 what there is, since some is no longer kept; 2 bad usage.</returns>
    public static async Task<int> RunAsync(string[] args, CancellationToken stop = default)
    {
        if (args is not [Name, Entries or Slots, var coop, ..] || args.Length > 4)
        {
            await Console.Error.WriteLineAsync("Usage: ledger export|slots COOP [FILE]");
            return BadUsage;
        }

        using LedgerSource source = LedgerSource.Open(GridHost.SettingsOf(args), TimeProvider.System);
        await using Stream to = args.Length > 3 ? File.Create(args[3]) : Console.OpenStandardOutput();
        await using var lines = new StreamWriter(to, Utf8, 1 << 16);
        return args[1] == Slots ? await WriteSlotsAsync(source, coop, lines, stop) : await WriteEntriesAsync(source, coop, lines, stop);
    }

    private static async Task<int> WriteSlotsAsync(LedgerSource source, string coop, TextWriter lines, CancellationToken stop)
    {
        (long slots, long entries) = await new SlotExport(source.Books).WriteAsync(coop, lines, stop);
        await Console.Error.WriteLineAsync($"{entries} entries of {slots} slots.");
        return Done;
    }

    private static async Task<int> WriteEntriesAsync(LedgerSource source, string coop, TextWriter lines, CancellationToken stop)
    {
        ExportSummary summary = await new LedgerExport(source.Ledger, source.Archive).WriteAsync(coop, lines, Path.GetTempPath(), stop);
        await Console.Error.WriteLineAsync($"{summary.Entries} entries of {summary.Members} members, from {summary.Segments} segments.");
        if (summary.IsComplete) return Done;
        await Console.Error.WriteLineAsync(
            $"Not complete: {summary.DeletedSegments} segments are no longer kept (CoopGrid:Ledger:KeepDays keeps them); "
            + $"in {summary.Gaps} places entries of a member are missing, and {summary.Twice} are there twice.");
        return Incomplete;
    }
}
