using System.Collections.Immutable;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Model;

namespace CoopGrid.Grains.Billing;

/// <summary>
/// The lines that wait for a member's next bill, as its activation remembers them, so that a projected bill asks nobody but the member.
/// <list type="number">
/// <item>They are read from the store once.</item>
/// <item>Whoever hands one in, or writes a bill that takes some, tells the member (<see cref="ToldBills"/>): they are read again.</item>
/// <item>What was told while they were read counts too: that reading is not remembered.</item>
/// <item>A call may be lost with its caller, so nothing is remembered for longer than <see cref="Longest"/>.</item>
/// </list>
/// For one turn at a time.
/// </summary>
internal sealed class WaitingLines(IBillStore store, GridClock clock)
{
    /// <summary>How long a line may be missing, or stand on a bill already, if its writer died before it told.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private (ImmutableArray<byte[]> Lines, long ReadAt)? _known;
    private long _told;

    /// <summary>They have changed.</summary>
    public void Forget()
    {
        _known = null;
        _told++;
    }

    /// <summary>The lines as the store has them, in the order in which they were handed in.</summary>
    public async ValueTask<ImmutableArray<byte[]>> ReadAsync(MemberId member, CancellationToken cancellation)
    {
        if (_known is var (lines, readAt) && clock.Time.GetElapsedTime(readAt) < Longest) return lines;
        (long told, long now) = (_told, clock.Time.GetTimestamp());
        IReadOnlyList<HandedInRow> rows = await store.ListHandedInAsync(member.Coop, new(member.Member, member.Member), cancellation);
        ImmutableArray<byte[]> read = [.. rows.Select(row => row.Line)];
        if (told == _told) _known = (read, now);
        return read;
    }
}
