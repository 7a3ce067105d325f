using System.Runtime.InteropServices;
using CoopGrid.Model;

namespace CoopGrid.Grains.Ledger;

/// <summary>Class deltas merged per class and slice as they come.</summary>
internal sealed class DeltaTable
{
    private readonly Dictionary<(ClassId Class, long Slice), int> _places = [];
    private readonly List<ClassDelta> _merged = [];
    private int _last = -1;

    /// <summary>Adds all of them, or none.</summary>
    /// <exception cref="OverflowException">A sum leaves 64 bits; nothing is changed.</exception>
    public void Add(ReadOnlySpan<ClassDelta> deltas)
    {
        int added = 0;
        try
        {
            for (; added < deltas.Length; added++) Add(deltas[added], 1);
        }
        catch (OverflowException)
        {
            // Taking back leads to sums that were there before, and so cannot overflow.
            while (--added >= 0) Add(deltas[added], -1);
            throw;
        }
    }

    /// <summary>In the order of first appearance, without those that came to nothing.</summary>
    public ClassDelta[] ToArray() => [.. _merged.Where(delta => !delta.IsNothing)];

    public void Clear()
    {
        _places.Clear();
        _merged.Clear();
        _last = -1;
    }

    private void Add(in ClassDelta delta, long sign)
    {
        int place = Place(delta);
        ref ClassDelta sum = ref CollectionsMarshal.AsSpan(_merged)[place];
        long units = sum.Units + (sign * delta.Units);
        long members = sum.Members + (sign * delta.Members);
        long window = sum.WindowUnits + (sign * delta.WindowUnits);
        long late = sum.LateUnits + (sign * delta.LateUnits);
        sum = sum with { Units = units, Members = members, WindowUnits = window, LateUnits = late };
    }

    private int Place(in ClassDelta delta)
    {
        // Neighbours mostly share class and slice, and then hashing two strings is saved.
        if (_last >= 0 && _merged[_last].Slice == delta.Slice && _merged[_last].Class == delta.Class) return _last;
        ref int place = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, (delta.Class, delta.Slice), out bool known);
        if (!known)
        {
            place = _merged.Count;
            _merged.Add(new(delta.Class, delta.Slice, 0, 0));
        }

        return _last = place;
    }
}
