using System.Text;

namespace CoopGrid.Silo.Ledger.Export;

/// <summary>An entry of a member, as the log holds it.</summary>
/// <param name="Member">The member's name.</param>
/// <param name="Sequence">The entry's number.</param>
/// <param name="Bytes">The entry.</param>
internal readonly record struct LoggedEntry(string Member, long Sequence, ReadOnlyMemory<byte> Bytes);

/// <summary>
/// Sorts entries by member (byte by byte, as the directory does) and number, however many there are: so many at a time in memory, each lot sorted into a file of
/// its own, and then all files merged.
/// </summary>
/// <param name="folder">For the files; they are gone with this object.</param>
/// <param name="inMemory">Entries that are held at a time.</param>
internal sealed class SortedEntries(string folder, int inMemory) : IDisposable
{
    private readonly List<LoggedEntry> _held = [];
    private readonly List<string> _files = [];

    /// <summary>Adds an entry. Its bytes must not change.</summary>
    public void Add(in LoggedEntry entry)
    {
        _held.Add(entry);
        if (_held.Count >= inMemory) Spill();
    }

    /// <summary>All that were added, in order. Once.</summary>
    public IEnumerable<LoggedEntry> InOrder()
    {
        _held.Sort(Compare);
        if (_files.Count == 0) return _held;
        return Merged();
    }

    public void Dispose()
    {
        foreach (string file in _files) File.Delete(file);
    }

    private static int Compare(LoggedEntry one, LoggedEntry other)
    {
        int members = CompareNames(one.Member, other.Member);
        return members != 0 ? members : one.Sequence.CompareTo(other.Sequence);
    }

    // By code points, which is the order of UTF-8's bytes; UTF-16's surrogates stand elsewhere.
    private static int CompareNames(string one, string other)
    {
        if (ReferenceEquals(one, other)) return 0;
        if (Ascii.IsValid(one) && Ascii.IsValid(other)) return string.CompareOrdinal(one, other);
        return Encoding.UTF8.GetBytes(one).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(other));
    }

    private void Spill()
    {
        _held.Sort(Compare);
        string file = Path.Combine(folder, $"coopgrid-export-{Guid.NewGuid():N}");
        _files.Add(file);
        using var writer = new BinaryWriter(File.Create(file));
        foreach (LoggedEntry entry in _held)
        {
            writer.Write(entry.Member);
            writer.Write(entry.Sequence);
            writer.Write(entry.Bytes.Length);
            writer.Write(entry.Bytes.Span);
        }

        _held.Clear();
    }

    private IEnumerable<LoggedEntry> Merged()
    {
        List<IEnumerator<LoggedEntry>> lots = [_held.GetEnumerator(), .. _files.Select(file => Read(file).GetEnumerator())];
        var next = new PriorityQueue<IEnumerator<LoggedEntry>, LoggedEntry>(Comparer<LoggedEntry>.Create(Compare));
        try
        {
            foreach (IEnumerator<LoggedEntry> lot in lots)
            {
                if (lot.MoveNext()) next.Enqueue(lot, lot.Current);
            }

            while (next.TryDequeue(out IEnumerator<LoggedEntry>? lot, out LoggedEntry entry))
            {
                yield return entry;
                if (lot.MoveNext()) next.Enqueue(lot, lot.Current);
            }
        }
        finally
        {
            foreach (IEnumerator<LoggedEntry> lot in lots) lot.Dispose();
        }
    }

    private static IEnumerable<LoggedEntry> Read(string file)
    {
        using var reader = new BinaryReader(File.OpenRead(file));
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            string member = reader.ReadString();
            long sequence = reader.ReadInt64();
            yield return new(member, sequence, reader.ReadBytes(reader.ReadInt32()));
        }
    }
}
