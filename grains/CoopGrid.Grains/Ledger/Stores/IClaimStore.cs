using CoopGrid.Model;

namespace CoopGrid.Grains.Ledger;

/// <summary>
/// Which producer may append a member's entries (L4): one numbered row for each member, raised with every change.
/// <list type="number">
/// <item>A claim is its holder's until it releases it, or until its holder is sealed: then anybody may take it.</item>
/// <item>Every taking raises the number, the holder's own too: a release that was sent under an earlier number, and arrives late, changes nothing.</item>
/// <item>A want is a note on a claim that another one holds. The holder sees it and releases; a taking or a release wipes it off.</item>
/// </list>
/// An embedded store, whose folder one process has to itself, keeps no claims: whoever asks holds them all.
/// </summary>
public interface IClaimStore
{
    /// <summary>
    /// Takes each of the claims that is free, the taker's own or a sealed producer's; a loser loses only itself. Those of an open producer get
    /// <paramref name="producer"/>'s want instead.
    /// </summary>
    /// <param name="producer">The taker; once it is sealed it takes nothing.</param>
    /// <returns>The rows as they are afterwards, in the order of <paramref name="members"/>: taken are those that name the taker.</returns>
    Task<IReadOnlyList<ClaimRow>> TakeAsync(long producer, IReadOnlyList<MemberId> members, CancellationToken cancellation);

    /// <summary>Frees each claim that is still as given; one that is not stays as it is.</summary>
    Task ReleaseAsync(IReadOnlyList<ClaimRow> claims, CancellationToken cancellation);

    /// <summary>Rows as they are; a member that nobody ever held has producer 0 and number 0.</summary>
    Task<IReadOnlyList<ClaimRow>> ReadAsync(IReadOnlyList<MemberId> members, CancellationToken cancellation);

    /// <summary>
    /// The claims of <paramref name="holder"/> that others want, at most <paramref name="limit"/>. Waits for one at most <paramref name="wait"/>,
    /// however the store learns of it; a want that it overlooks must show at the next call.
    /// </summary>
    Task<IReadOnlyList<ClaimRow>> WantedAsync(long holder, int limit, TimeSpan wait, CancellationToken cancellation);
}

/// <summary>Who may append a member's entries.</summary>
/// <param name="Member">Whose.</param>
/// <param name="Number">How often the claim has changed; 0 if it never was anybody's.</param>
/// <param name="Producer">The holder; 0 = free, and then the member's checkpoint holds all of it.</param>
public readonly record struct ClaimRow(MemberId Member, long Number, long Producer);
