using CoopGrid.Model;

namespace CoopGrid.Grains.Ledger;

/// <summary>
/// Who is enrolled, and which senders and meters are whose. Kept in the ledger's own database. Names are compared byte by byte.
/// </summary>
public interface IMemberDirectory
{
    /// <summary>The member that a sender is bound to, or null.</summary>
    Task<string?> FindSenderAsync(string coop, string sender, CancellationToken cancellation);

    /// <summary>Binds the sender if no member holds it; a binding is never taken from another.</summary>
    Task<SenderBinding> BindSenderAsync(string coop, string sender, string member, CancellationToken cancellation);

    /// <summary>Ends the binding if it is this member's; false if there was none.</summary>
    Task<bool> UnbindSenderAsync(string coop, string sender, string member, CancellationToken cancellation);

    /// <summary>All senders of a member, by name.</summary>
    Task<IReadOnlyList<string>> ListSendersAsync(string coop, string member, CancellationToken cancellation);

    /// <summary>
    /// Senders that were bound or unbound after a version, so that no silo goes on with a binding that another one has changed. A version that
    /// is too old to tell for has <see cref="SenderChanges.IsComplete"/> false: forget all that is kept.
    /// </summary>
    Task<SenderChanges> ReadSenderChangesAsync(long afterVersion, CancellationToken cancellation);

    /// <summary>The member that a meter reports for, or null.</summary>
    Task<string?> FindMeterAsync(string coop, string meter, CancellationToken cancellation);

    /// <summary>Registers the meter if no member holds it; it is never taken from another.</summary>
    Task<SenderBinding> RegisterMeterAsync(string coop, string meter, string member, CancellationToken cancellation);

    /// <summary>Ends the registration if it is this member's; false if there was none.</summary>
    Task<bool> UnregisterMeterAsync(string coop, string meter, string member, CancellationToken cancellation);

    /// <summary>All meters of a member, by name.</summary>
    Task<IReadOnlyList<string>> ListMetersAsync(string coop, string member, CancellationToken cancellation);

    /// <summary>The member's row, or null if it was never enrolled.</summary>
    Task<DirectoryChange?> FindMemberAsync(string coop, string member, CancellationToken cancellation);

    /// <summary>Members by name (in byte order), of one class or of all.</summary>
    /// <param name="class">Null for all classes.</param>
    /// <param name="after">The last name already read; empty to begin.</param>
    /// <param name="limit">At most this many, at least 1.</param>
    Task<IReadOnlyList<DirectoryChange>> ListMembersAsync(
        string coop, string? @class, string after, int limit, CancellationToken cancellation);

    /// <summary>
    /// How many members a co-op had at a moment: enrolled by then and not left by then, suspended ones too. The electorate (SPEC.md §11), whenever it is counted.
    /// </summary>
    /// <param name="atUnixMs">The moment. Who was enrolled at it counts, who left at it does not.</param>
    Task<long> CountMembersAsync(string coop, long atUnixMs, CancellationToken cancellation);
}

/// <summary>A member's row in the directory, as it is from now on. Written with the segment of the entry that made it so.</summary>
/// <param name="Member">Who.</param>
/// <param name="Class">The class that it is enrolled in.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="EnrolledUnixMs">When it was enrolled.</param>
/// <param name="LeftUnixMs">When it left; null if it has not, or if it left before this was kept: then it counts as never having been there.</param>
public readonly record struct DirectoryChange(MemberId Member, string Class, MemberStatus Status, long EnrolledUnixMs, long? LeftUnixMs = null);

/// <summary>Changes of senders' bindings, all that were made up to a version.</summary>
/// <param name="Version">The newest change; 0 if there never was one.</param>
/// <param name="IsComplete">Whether <paramref name="Senders"/> are all changes after the version that was asked for.</param>
/// <param name="Senders">Whose binding changed.</param>
public sealed record SenderChanges(long Version, bool IsComplete, IReadOnlyList<(string Coop, string Sender)> Senders);

/// <summary>What became of a wish to bind a sender or register a meter.</summary>
public enum SenderBinding
{
    /// <summary>Now this member's.</summary>
    Bound = 0,

    /// <summary>This member's before.</summary>
    AlreadyBound = 1,

    /// <summary>Another member's; nothing changed.</summary>
    HeldByAnother = 2,
}
