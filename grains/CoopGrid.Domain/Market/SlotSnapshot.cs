using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>A slot's book at one sequence: with the entries after it, it is the book again.</summary>
public sealed record SlotSnapshot
{
    /// <summary>Null before the book was opened.</summary>
    public SlotTerms? Terms { get; init; }

    public SlotPhase Phase { get; init; }

    public long Sequence { get; init; }

    public Instant LastAt { get; init; } = new(long.MinValue);

    /// <summary>The clearing price; 0 before clearing.</summary>
    public long UnitPrice { get; init; }

    public long SoldUnitsPerSecond { get; init; }

    /// <summary>What became of each bid; empty before clearing.</summary>
    public ImmutableArray<Award> Awards { get; init; } = [];

    /// <summary>By name.</summary>
    public ImmutableArray<SlotMemberSnapshot> Members { get; init; } = [];
}

/// <summary>One member's part of the book.</summary>
public sealed record SlotMemberSnapshot
{
    public required string Member { get; init; }

    /// <summary>By number.</summary>
    public ImmutableArray<Bid> Bids { get; init; } = [];

    public long HeldUnitsPerSecond { get; init; }

    public long ChargedUnitsPerSecond { get; init; }

    /// <summary>By key.</summary>
    public ImmutableArray<RememberedRequest> Requests { get; init; } = [];
}
