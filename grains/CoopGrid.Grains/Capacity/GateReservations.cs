using System.Collections.Immutable;
using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Market;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Capacity;

/// <summary>
/// What a gate knows of slots: who holds what of the running one and the next, as its class has told it, each once. It goes on with that while the class is
/// away. Any thread may look; all else is done under the gate's lock.
/// </summary>
internal sealed class GateReservations
{
    // The class may still tell what has ended by our clock only.
    private const long KeepMs = 5000;

    private readonly ReservedNeed _need = new();
    private volatile SlotReservations[] _slots = [];

    /// <summary>What is known, for the class.</summary>
    public ImmutableArray<SlotVersion> Versions => [.. _slots.Select(slot => new SlotVersion(slot.Starts.UnixMs, slot.Version))];

    /// <summary>The slot that runs at a moment, or null if nobody is known to hold any of it.</summary>
    public SlotReservations? Running(Instant now)
    {
        foreach (SlotReservations slot in _slots)
        {
            if (slot.IsRunning(now)) return slot;
        }

        return null;
    }

    /// <summary>Takes in what the class tells; what is older than what is known changes nothing.</summary>
    public void Hear(ImmutableArray<SlotHolders> told, Instant now)
    {
        if (told.IsDefaultOrEmpty && Array.TrueForAll(_slots, slot => slot.Ends.PlusMs(KeepMs) > now)) return;
        Dictionary<Instant, SlotReservations> slots = _slots.Where(slot => slot.Ends.PlusMs(KeepMs) > now).ToDictionary(slot => slot.Starts);
        foreach (SlotHolders slot in told.IsDefault ? [] : told)
        {
            var starts = Instant.FromUnixMs(slot.StartsUnixMs);
            if (slots.TryGetValue(starts, out SlotReservations? known) && known.Version >= slot.Version) continue;
            slots[starts] = new(
                slot.Version, starts, slot.Seconds, slot.Holders.Select(holder => (holder.Member, holder.UnitsPerSecond, holder.BurstUnits)));
        }

        _slots = [.. slots.Values];
    }

    /// <summary>A holder asked under its reservation, and was admitted for so many units.</summary>
    public void Count(string member, long units, Instant at)
    {
        if (Running(at) is { } slot) _need.Count(slot, member, units);
    }

    /// <summary>What to ask the class to keep for reservations.</summary>
    /// <inheritdoc cref="ReservedNeed.Next"/>
    public Lease Ask(Instant now, long levelMicroUnits, long waitingUnits, long elapsedMicros)
    {
        _need.Follow(Running(now));
        return _need.Next(levelMicroUnits, waitingUnits, elapsedMicros);
    }
}
