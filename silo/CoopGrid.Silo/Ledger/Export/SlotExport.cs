using CoopGrid.Domain.Market;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Market;
using CoopGrid.Model;

namespace CoopGrid.Silo.Ledger.Export;

/// <summary>
/// Writes the books of a co-op's slots as lines of JSON, by class, start and number: what was bid, sold and revoked, and when. They are never deleted.
/// </summary>
internal sealed class SlotExport(IEntryBooks books)
{
    private const int ReadAtOnce = 1000;

    /// <returns>How many slots and how many entries there are.</returns>
    public async Task<(long Slots, long Entries)> WriteAsync(string coop, TextWriter lines, CancellationToken cancellation)
    {
        long slots = 0, entries = 0;
        IReadOnlyList<string> subjects;
        string after = "";
        do
        {
            subjects = await books.ListAsync(coop, SlotBooks.Kind, after, ReadAtOnce, cancellation);
            foreach (string subject in subjects)
            {
                slots++;
                entries += await WriteAsync(SlotBooks.SlotOf(coop, after = subject), lines, cancellation);
            }
        }
        while (subjects.Count == ReadAtOnce);
        return (slots, entries);
    }

    private async Task<long> WriteAsync(SlotId slot, TextWriter lines, CancellationToken cancellation)
    {
        long written = 0;
        IReadOnlyList<byte[]> entries;
        do
        {
            entries = await books.ReadAsync(SlotBooks.Of(slot), written, ReadAtOnce, cancellation);
            foreach (byte[] entry in entries)
            {
                await lines.WriteAsync(SlotEntryJson.Write(slot, SlotEntryCodec.Decode(entry)));
                await lines.WriteAsync('\n');
            }

            written += entries.Count;
        }
        while (entries.Count == ReadAtOnce);
        return written;
    }
}
