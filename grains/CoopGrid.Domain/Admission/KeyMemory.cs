using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Admission;

/// <summary>
/// The admissions of the dedupe window by their keys (SPEC.md §4): what a retry is answered with, and what a cancel gives back from.
/// Refusals are not remembered.
/// </summary>
/// <remarks>
/// Memory: an admission is kept as the bytes of its entry in the ledger, about 90 of them with a key of 30, in an array shared with its
/// neighbours. Few keys are searched one after another; from the 17th on a hash table of 8-byte slots finds them.
/// </remarks>
public sealed class KeyMemory
{
    private const int Searched = 16;
    private const int TagShift = 48;
    private const long PlaceMask = (1L << TagShift) - 1;

    private KeyRecords _records = new();

    // Open addressing: a slot is a record's position + 1 with the hash's upper bits above it, or 0. So a search looks at a record only
    // if that is very likely the one. Slots of forgotten records stay until the table is made anew.
    private long[]? _slots;
    private int _taken;

    public int Count { get; private set; }

    /// <summary>The admission behind a key, or null.</summary>
    public Remembered? Find(string key) => Place(key) is >= 0 and long position ? Read(position) : null;

    /// <summary>
    /// Adds the newest admission. A key that comes again was forgotten when it was decided, and all before it too; a replay learns so
    /// only here.
    /// </summary>
    public void Remember(Admitted admitted)
    {
        if (Place(admitted.Key) is >= 0 and long known) ForgetThrough(known);
        int hash = HashOf(admitted.Key);
        long position = _records.Append(hash, MemberEntryCodec.Encode(admitted));
        Count++;
        bool crowded = _slots is null ? Count > Searched : (_taken + 1) * 4 > _slots.Length * 3;
        if (crowded) Rebuild();
        else if (_slots is not null) Enter(_slots, hash, position);
    }

    /// <summary>Notes how much of an admission was given back in all; a key that is no longer remembered is ignored.</summary>
    public void GiveBack(string key, long returnedUnits)
    {
        if (Place(key) is >= 0 and long position) _records.SetReturned(position, returnedUnits);
    }

    /// <summary>Drops what was admitted before <paramref name="horizon"/>.</summary>
    public void Forget(Instant horizon)
    {
        while (Count > 0 && MemberEntryCodec.Head(_records.EntryAt(_records.First)).At < horizon) DropFirst();
    }

    /// <summary>All that is remembered, oldest first.</summary>
    public IEnumerable<Remembered> OldestFirst() => After(0);

    /// <summary>All that came after the member's entry of this number, oldest first.</summary>
    public IEnumerable<Remembered> After(long sequence)
    {
        for (long position = _records.First; position < _records.End; position = _records.Next(position))
        {
            if (MemberEntryCodec.Head(_records.EntryAt(position)).Sequence > sequence) yield return Read(position);
        }
    }

    /// <summary>All of which something was given back, oldest first.</summary>
    public IEnumerable<Remembered> GivenBack()
    {
        for (long position = _records.First; position < _records.End; position = _records.Next(position))
        {
            if (_records.ReturnedAt(position) > 0) yield return Read(position);
        }
    }

    private Remembered Read(long position) =>
        new((Admitted)MemberEntryCodec.Decode(_records.EntryAt(position)), _records.ReturnedAt(position));

    /// <summary>The key's position, or −1.</summary>
    private long Place(string key)
    {
        if (Count == 0) return -1;
        int hash = HashOf(key);
        if (_slots is not { } slots)
        {
            for (long position = _records.First; position < _records.End; position = _records.Next(position))
            {
                if (Is(position, hash, key)) return position;
            }

            return -1;
        }

        for (int slot = hash & (slots.Length - 1); slots[slot] != 0; slot = (slot + 1) & (slots.Length - 1))
        {
            if (slots[slot] >>> TagShift != hash >>> 16) continue;
            long position = (slots[slot] & PlaceMask) - 1;
            if (position >= _records.First && Is(position, hash, key)) return position;
        }

        return -1;
    }

    private bool Is(long position, int hash, string key) => _records.HashAt(position) == hash && Read(position).Admitted.Key == key;

    private void ForgetThrough(long position)
    {
        while (Count > 0 && _records.First <= position) DropFirst();
    }

    private void DropFirst()
    {
        if (--Count == 0) Clear();
        else _records.DropFirst();
    }

    private void Clear()
    {
        _records = new();
        _slots = null;
        _taken = 0;
    }

    private void Rebuild()
    {
        int length = 2 * Searched;
        while (length < Count * 2) length *= 2;
        var slots = new long[length];
        _taken = 0;
        for (long position = _records.First; position < _records.End; position = _records.Next(position))
            Enter(slots, _records.HashAt(position), position);
        _slots = slots;
    }

    private void Enter(long[] slots, int hash, long position)
    {
        int slot = hash & (slots.Length - 1);
        while (slots[slot] != 0) slot = (slot + 1) & (slots.Length - 1);
        slots[slot] = ((long)(hash >>> 16) << TagShift) | (position + 1);
        _taken++;
    }

    private static int HashOf(string key) => StringComparer.Ordinal.GetHashCode(key);
}

/// <summary>An admission and how much of it was given back.</summary>
/// <param name="Admitted">The admission.</param>
/// <param name="ReturnedUnits">Units given back so far; the key is spent when it is all of them.</param>
public sealed record Remembered(Admitted Admitted, long ReturnedUnits)
{
    public bool IsSpent => ReturnedUnits == Admitted.Units;
}
