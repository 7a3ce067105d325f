using CoopGrid.Model;
using Orleans.Concurrency;

namespace CoopGrid.Interfaces;

/// <summary>
/// A class's tickets for later; the key is <c>coop/class</c>, and the class's own grain answers. Only its members' grains ask. Calls come in between each other:
/// what is asked at one time is stored together.
/// </summary>
[Alias("coopgrid.ITicketDesk")]
[GrainInterfaceType("coopgrid.tickets")]
public interface ITicketDesk : IGrainWithStringKey
{
    /// <summary>Cuts a ticket, which is durable when it is answered. The same key of the same member gets the same ticket.</summary>
    [Alias("Defer")]
    [AlwaysInterleave]
    ValueTask<TicketReply> Defer(TicketAsk ask);

    /// <summary>A member has given a ticket back, durably, before it opened: its room is for others. Harmless to repeat.</summary>
    [Alias("Return")]
    [AlwaysInterleave]
    ValueTask Return(string member, long number);
}

/// <summary>A request that found no room, or too high a price, and has a deadline.</summary>
/// <param name="Member">Who asks.</param>
/// <param name="Key">The request's key.</param>
/// <param name="Units">Above 0.</param>
/// <param name="WaitMs">The lane's longest wait.</param>
/// <param name="DeferUntilUnixMs">The deadline.</param>
/// <param name="Spend">False: only which ticket there would be.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.TicketAsk")]
public sealed record TicketAsk(
    [property: Id(0)] string Member,
    [property: Id(1)] string Key,
    [property: Id(2)] long Units,
    [property: Id(3)] int WaitMs,
    [property: Id(4)] long DeferUntilUnixMs,
    [property: Id(5)] bool Spend);

/// <summary>What became of it.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.TicketReply")]
public sealed record TicketReply
{
    /// <summary><see cref="Outcome.Deferred"/>, <see cref="Outcome.CapacityExceeded"/>, <see cref="Outcome.KeyConflict"/> or <see cref="Outcome.Unavailable"/>.</summary>
    [Id(0)] public Outcome Outcome { get; init; }

    /// <summary>The ticket's number.</summary>
    [Id(1)] public long Number { get; init; }

    [Id(2)] public long Units { get; init; }

    /// <summary>Its second, counted from the Unix epoch.</summary>
    [Id(3)] public long Second { get; init; }

    /// <summary>So long before and after its second it is good too, in ms.</summary>
    [Id(4)] public int WaitMs { get; init; }

    /// <summary>Without a ticket: why, and what to do.</summary>
    [Id(5)] public string Reason { get; init; } = "";
}
