namespace CoopGrid.Grains.Ledger;

/// <summary>
/// Where segments are kept (DESIGN.md §2): one append-only log per producer, and one row per producer with its state and position.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Producer numbers only grow, in the order in which registrations become visible.</item>
/// <item>A commit advances the position from n−1 to n only if the producer is open, in one transaction with the segment and its
/// directory rows; so after a seal nothing is added (L2).</item>
/// <item>The same segment sent again at its position is committed once.</item>
/// <item>Positions kept are without gaps, from <see cref="ProducerRow.FirstKept"/> to <see cref="ProducerRow.Position"/>.</item>
/// </list>
/// </remarks>
public interface ILedgerStore
{
    /// <summary>
    /// Registers a new open producer. An embedded store, which the data folder's lock has to itself, seals all predecessors in the same
    /// transaction (L4a).
    /// </summary>
    /// <param name="silo">Whose log it is.</param>
    Task<ProducerRow> OpenProducerAsync(SiloName silo, CancellationToken cancellation);

    /// <summary>
    /// Makes the segment durable, or says that its producer is sealed. Called on the ledger's own thread, which it blocks: a hop to
    /// the busy thread pool would cost more than many a commit.
    /// </summary>
    /// <exception cref="Exception">The outcome is unknown; send the same segment again.</exception>
    /// <exception cref="InvalidOperationException">The position is not the next one, or holds another segment.</exception>
    CommitResult Commit(Segment segment);

    /// <summary>Closes the producer's log for ever at its present position; harmless if it is closed already.</summary>
    /// <exception cref="KeyNotFoundException">There is no such producer.</exception>
    Task<ProducerRow> SealAsync(long producer, CancellationToken cancellation);

    /// <summary>All producers by number, drained ones too.</summary>
    Task<IReadOnlyList<ProducerRow>> ListProducersAsync(CancellationToken cancellation);

    /// <summary>Says that every member and class has a checkpoint beyond the sealed producer's end.</summary>
    /// <exception cref="InvalidOperationException">The producer is still open.</exception>
    Task MarkDrainedAsync(long producer, CancellationToken cancellation);

    /// <summary>Segments after <paramref name="afterPosition"/>, at most <paramref name="limit"/>, in order and without gaps.</summary>
    /// <exception cref="LedgerGapException">Positions after <paramref name="afterPosition"/> were deleted: read the checkpoint again.</exception>
    /// <exception cref="LedgerCorruptException">A segment that should be there is missing.</exception>
    Task<IReadOnlyList<SegmentRow>> ReadAsync(long producer, long afterPosition, int limit, CancellationToken cancellation);

    /// <summary>
    /// Lets segments up to a position go and keeps on record that they are gone (L6): for <see cref="ReadAsync"/> there are none any more. A store that keeps segments
    /// for audits deletes them later (<see cref="LedgerOptions.KeepDays"/>).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The position is beyond the log's end.</exception>
    Task DeleteAsync(long producer, long upToPosition, CancellationToken cancellation);
}

/// <summary>Grain state that is written lazily (checkpoints) and can be forced to disk.</summary>
public interface ICheckpointStore
{
    /// <summary>After it every checkpoint written before is durable, and the segments that it covers may be deleted.</summary>
    Task FlushAsync(CancellationToken cancellation);
}

/// <summary>What became of a commit whose outcome is known.</summary>
public enum CommitResult
{
    /// <summary>Durable.</summary>
    Committed = 0,

    /// <summary>The producer is sealed: its process must exit. What it had committed before stands.</summary>
    Sealed = 1,
}

/// <summary>A producer's state. Numbers are stored: never renumber.</summary>
public enum ProducerState : byte
{
    /// <summary>May still commit.</summary>
    Open = 0,

    /// <summary>Closed for ever; its tail may still have to be replayed.</summary>
    Sealed = 1,

    /// <summary>Closed, and every checkpoint is beyond its end.</summary>
    Drained = 2,
}

/// <summary>One life of a silo.</summary>
/// <param name="Address">How the cluster's membership names it.</param>
/// <param name="MembershipVersion">The newest membership view that it had seen: an older view that lacks it says nothing (L4a).</param>
public readonly record struct SiloName(string Address, long MembershipVersion);

/// <summary>One silo incarnation's log.</summary>
/// <param name="Producer">Its number, from 1.</param>
/// <param name="State">Open, sealed or drained.</param>
/// <param name="Position">The last committed position; 0 if there is none.</param>
/// <param name="FirstKept">The lowest position that is not deleted, from 1; one above <paramref name="Position"/> if all are.</param>
/// <param name="Silo">Which silo opened it.</param>
/// <param name="OpenedUnixMs">When, by the opener's clock.</param>
public readonly record struct ProducerRow(
    long Producer, ProducerState State, long Position, long FirstKept, SiloName Silo, long OpenedUnixMs);

/// <summary>A stored segment; <see cref="SegmentReader"/> reads it.</summary>
public readonly record struct SegmentRow(long Producer, long Position, ReadOnlyMemory<byte> Bytes);
