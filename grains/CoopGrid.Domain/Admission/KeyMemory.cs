using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Admission;

/// <summary>
/// The admissions of the dedupe window by their keys (SPEC.md §4): what a retry is answered with, and what a cancel gives back from.
/// Refusals are not remembered. An empty memory holds nothing but two null references.
/// </summary>
public sealed class KeyMemory
{
    private Dictionary<string, Remembered>? _byKey;
    private Queue<Remembered>? _byAge;

    public int Count => _byKey?.Count ?? 0;

    /// <summary>The admission behind a key, or null.</summary>
    public Remembered? Find(string key) => _byKey?.GetValueOrDefault(key);

    public void Remember(Admitted admitted) => Remember(new Remembered(admitted, 0));

    /// <summary>Takes back what a checkpoint stored; a key that is known already is left as it is.</summary>
    public void Remember(Remembered remembered)
    {
        if ((_byKey ??= new(StringComparer.Ordinal)).TryAdd(remembered.Admitted.Key, remembered))
            (_byAge ??= new()).Enqueue(remembered);
    }

    /// <summary>Notes how much of an admission was given back in all; a key that is no longer remembered is ignored.</summary>
    public void GiveBack(string key, long returnedUnits)
    {
        if (Find(key) is { } remembered) remembered.ReturnedUnits = returnedUnits;
    }

    /// <summary>Drops what was admitted before <paramref name="horizon"/>.</summary>
    public void Forget(Instant horizon)
    {
        while (_byAge is { Count: > 0 } && _byAge.Peek().Admitted.At < horizon) _byKey!.Remove(_byAge.Dequeue().Admitted.Key);
        if (_byAge is { Count: 0 })
        {
            _byAge = null;
            _byKey = null;
        }
    }

    /// <summary>All that is remembered, oldest first.</summary>
    public IEnumerable<Remembered> OldestFirst() => (IEnumerable<Remembered>?)_byAge ?? [];
}

/// <summary>An admission and how much of it was given back.</summary>
public sealed class Remembered(Admitted admitted, long returnedUnits)
{
    public Admitted Admitted { get; } = admitted;

    /// <summary>Units given back so far; the key is spent when it is all of them.</summary>
    public long ReturnedUnits { get; internal set; } = returnedUnits;

    public bool IsSpent => ReturnedUnits == Admitted.Units;
}
