using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Interfaces;

/// <summary>
/// One slot of a class's market (SPEC.md §7); the key is <c>coop/class/start</c>, a <see cref="SlotId"/>. It decides every request to the slot, and whatever it
/// answers or shows rests on what its book's store holds.
/// </summary>
[Alias("coopgrid.ISlotGrain")]
[GrainInterfaceType("coopgrid.slot")]
public interface ISlotGrain : IGrainWithStringKey
{
    /// <summary>
    /// Decides a member's request. Answers <see cref="MarketOutcome.Unavailable"/> if the decision could not be stored: it may count all the same, once, and
    /// the same key tells.
    /// </summary>
    [Alias("Ask")]
    Task<MarketAnswer> Ask(MarketRequest request);

    /// <summary>The slot as anyone may see it, or null if no class has such a slot. Nothing of its bids before they are cleared.</summary>
    [Alias("GetState")]
    Task<SlotState?> GetState();

    /// <summary>One member's part of the slot, for that member; null if no class has such a slot.</summary>
    [Alias("GetReservation")]
    Task<Reservation?> GetReservation(string member);

    /// <summary>
    /// Who holds what, by name: none before clearing, final from the slot's start on; null if nobody ever bid for it. Its version is the book's number.
    /// What time has made due is written first, so that bids are cleared though nobody else asks.
    /// </summary>
    /// <param name="present">
    /// The class's time: here it is no earlier from now on, whatever the clock of the slot's silo says. So a slot that has started for the class sells no more.
    /// </param>
    [Alias("GetHolders")]
    Task<SlotHolders?> GetHolders(Instant present);

    /// <summary>What the slot costs everybody who held some of it when it started, by name; empty before. Final from the slot's start on.</summary>
    /// <param name="present">The caller's time, as in <see cref="GetHolders"/>.</param>
    [Alias("GetCharges")]
    Task<ImmutableArray<SlotCharge>> GetCharges(Instant present);

    /// <summary>Takes all that a member has in the slot, because it has left the co-op. Stored when it returns; again, it changes nothing.</summary>
    /// <exception cref="InvalidOperationException">It could not be stored; ask again.</exception>
    [Alias("Revoke")]
    Task Revoke(string member);

    /// <summary>Writes what time has made due. A class of an earlier version calls it; <see cref="GetHolders"/> does the same.</summary>
    [Alias("Settle")]
    Task Settle();
}

/// <summary>A slot of the market as anyone may see it.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.SlotState")]
public sealed record SlotState
{
    [Id(0)] public required SlotId Slot { get; init; }

    [Id(1)] public SlotPhase Phase { get; init; }

    /// <summary>The class policy whose terms these are. They are fixed from the first bid on; until then they follow the policy.</summary>
    [Id(2)] public int PolicyVersion { get; init; }

    /// <summary>The first moment at which bids are taken.</summary>
    [Id(3)] public Instant Opens { get; init; }

    /// <summary>The first moment at which they are not: bids are cleared, and what is left is for sale.</summary>
    [Id(4)] public Instant GateCloses { get; init; }

    [Id(5)] public Instant Ends { get; init; }

    /// <summary>What can be sold, in units/s; 0 = the class sells nothing.</summary>
    [Id(6)] public long SellableUnitsPerSecond { get; init; }

    /// <summary>The lowest price, in micro-credits per unit.</summary>
    [Id(7)] public long ReservePrice { get; init; }

    /// <summary>The most that one member can hold, in units/s.</summary>
    [Id(8)] public long MemberCapUnitsPerSecond { get; init; }

    /// <summary>The clearing price, in micro-credits per unit; 0 before clearing.</summary>
    [Id(9)] public long UnitPrice { get; init; }

    /// <summary>What is held of the slot, in units/s; from its start on, what is paid for. 0 before clearing.</summary>
    [Id(10)] public long SoldUnitsPerSecond { get; init; }
}

/// <summary>One member's part of a slot.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.Reservation")]
public sealed record Reservation
{
    [Id(0)] public required SlotState Slot { get; init; }

    [Id(1)] public required string Member { get; init; }

    /// <summary>Bids that stand, by number; none after clearing.</summary>
    [Id(2)] public ImmutableArray<Bid> Bids { get; init; } = [];

    /// <summary>What became of them, by number; none before clearing.</summary>
    [Id(3)] public ImmutableArray<Award> Awards { get; init; } = [];

    /// <summary>What is reserved, in units/s; 0 before clearing and after the slot.</summary>
    [Id(4)] public long HeldUnitsPerSecond { get; init; }

    /// <summary>What the member pays for the slot; 0 before its start.</summary>
    [Id(5)] public SlotCharge Charge { get; init; }
}

/// <summary>What a slot costs a member: price · rate · seconds, exactly.</summary>
/// <param name="Member">Who pays.</param>
/// <param name="UnitPrice">The clearing price, in micro-credits per unit.</param>
/// <param name="UnitsPerSecond">What the member held when the slot started.</param>
/// <param name="Seconds">Length of the slot.</param>
/// <param name="Charge">In micro-credits.</param>
/// <param name="PolicyVersion">The class policy whose terms the slot was sold under.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.SlotCharge")]
public readonly record struct SlotCharge(
    [property: Id(0)] string Member,
    [property: Id(1)] long UnitPrice,
    [property: Id(2)] long UnitsPerSecond,
    [property: Id(3)] long Seconds,
    [property: Id(4)] long Charge,
    [property: Id(5)] int PolicyVersion);
