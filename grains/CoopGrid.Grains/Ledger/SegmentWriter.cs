using System.IO.Hashing;
using CoopGrid.Model;

namespace CoopGrid.Grains.Ledger;

/// <summary>
/// Gathers one segment and gives it its stored form. Version 1 or 2, numbers as varints (signed ones zig-zag), texts as length and UTF-8:
/// <list type="number">
/// <item>version, one byte;</item>
/// <item>producer, position;</item>
/// <item>co-ops: count, names;</item>
/// <item>deltas: count, each the co-op's place, class, slice, units, members, and in version 2 window units and late units;</item>
/// <item>marks: count, each the co-op's place, class, slice;</item>
/// <item>entries: count, each the co-op's place, member, length, bytes;</item>
/// <item>XxHash3 of all before it, eight bytes, the lowest first; so in every version.</item>
/// </list>
/// Its arrays are kept from segment to segment: an append allocates nothing once they have grown. Not thread safe.
/// </summary>
public sealed class SegmentWriter(int maxBytes, int maxEntries)
{
    internal const byte Version = 1;

    /// <summary>Written only where a delta has window or late units: all else stays readable for the version before.</summary>
    internal const byte WideVersion = 2;

    private readonly GrowingBuffer _entries = new();
    private readonly GrowingBuffer _stored = new();
    private readonly DeltaTable _deltas = new();
    private readonly Dictionary<string, int> _coopPlaces = [];
    private readonly List<string> _coops = [];
    private readonly List<SliceMark> _marks = [];
    private readonly List<DirectoryChange> _changes = [];
    private int _count;
    private int _lastCoop = -1;

    /// <summary>Entries and marks; 0 = there is nothing to store.</summary>
    public int Count => _count + _marks.Count;

    /// <summary>Copies an entry into the segment; false, and nothing changed, if it is full.</summary>
    /// <exception cref="ArgumentException">A name is not valid Unicode.</exception>
    /// <exception cref="OverflowException">A class's sum leaves 64 bits; nothing is changed.</exception>
    public bool TryAppend(MemberId member, ReadOnlySpan<byte> entry, ReadOnlySpan<ClassDelta> deltas, DirectoryChange? change)
    {
        if (_count == maxEntries || _entries.Length + entry.Length + Ids.MaxBytes > maxBytes) return false;
        int before = _entries.Length;
        try
        {
            _entries.Unsigned((ulong)CoopPlace(member.Coop));
            _entries.Text(member.Member);
            _entries.Unsigned((ulong)entry.Length);
            _entries.Bytes(entry);
            _deltas.Add(deltas);
        }
        catch
        {
            _entries.Truncate(before);
            throw;
        }

        if (change is { } row) _changes.Add(row);
        _count++;
        return true;
    }

    /// <summary>Adds a mark; of two for one class the higher stands.</summary>
    public void Mark(SliceMark mark)
    {
        int place = _marks.FindIndex(known => known.Class == mark.Class);
        if (place < 0) _marks.Add(mark);
        else if (_marks[place].Slice < mark.Slice) _marks[place] = mark;
    }

    /// <summary>The segment with its stored form, which holds until <see cref="Clear"/>.</summary>
    public Segment Close(long producer, long position)
    {
        ClassDelta[] deltas = _deltas.ToArray();
        foreach (ClassDelta delta in deltas) CoopPlace(delta.Class.Coop);
        foreach (SliceMark mark in _marks) CoopPlace(mark.Class.Coop);

        _stored.Truncate(0);
        bool wide = Array.Exists(deltas, delta => delta.WindowUnits != 0 || delta.LateUnits != 0);
        _stored.Byte(wide ? WideVersion : Version);
        _stored.Unsigned((ulong)producer);
        _stored.Unsigned((ulong)position);
        _stored.Unsigned((ulong)_coops.Count);
        foreach (string coop in _coops) _stored.Text(coop);
        StoreClasses(deltas, wide);
        _stored.Unsigned((ulong)_count);
        _stored.Bytes(_entries.Span);
        _stored.Hash(XxHash3.HashToUInt64(_stored.Span));
        return new()
        {
            Producer = producer,
            Position = position,
            Bytes = _stored.Memory,
            Deltas = deltas,
            Marks = [.. _marks],
            Changes = _changes.Count == 0 ? [] : [.. _changes],
        };
    }

    /// <summary>Empties it for the next segment; its arrays stay.</summary>
    public void Clear()
    {
        _entries.Truncate(0);
        _deltas.Clear();
        _coopPlaces.Clear();
        _coops.Clear();
        _marks.Clear();
        _changes.Clear();
        _count = 0;
        _lastCoop = -1;
    }

    private void StoreClasses(ClassDelta[] deltas, bool wide)
    {
        _stored.Unsigned((ulong)deltas.Length);
        foreach (ClassDelta delta in deltas)
        {
            StoreClass(delta.Class);
            _stored.Signed(delta.Slice);
            _stored.Signed(delta.Units);
            _stored.Signed(delta.Members);
            if (!wide) continue;
            _stored.Signed(delta.WindowUnits);
            _stored.Signed(delta.LateUnits);
        }

        _stored.Unsigned((ulong)_marks.Count);
        foreach (SliceMark mark in _marks)
        {
            StoreClass(mark.Class);
            _stored.Signed(mark.Slice);
        }
    }

    private void StoreClass(ClassId id)
    {
        _stored.Unsigned((ulong)CoopPlace(id.Coop));
        _stored.Text(id.Class);
    }

    private int CoopPlace(string coop)
    {
        if (_lastCoop >= 0 && _coops[_lastCoop] == coop) return _lastCoop;
        if (!_coopPlaces.TryGetValue(coop, out int place))
        {
            place = _coops.Count;
            _coops.Add(coop);
            _coopPlaces.Add(coop, place);
        }

        return _lastCoop = place;
    }
}
