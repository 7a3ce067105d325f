using CoopGrid.Domain.Billing.Books;
using CoopGrid.Model;

namespace CoopGrid.Grains.Ledger;

/// <summary>
/// Bills and the books (SPEC.md §10). Every change is one transaction and leaves the five accounts at a sum of zero.
/// <list type="number">
/// <item>Bills of a co-op are numbered from 1 without gaps, whatever classes close at once, and never change. A member has at most one for each class and epoch.</item>
/// <item>An epoch's books are one row, numbered by its steps: a step is written only if its number is the next one, so that two activations make one
/// history, and a step of unknown outcome is looked up, not repeated.</item>
/// <item>A line that is handed in stands on one bill. Its key is taken once in a co-op.</item>
/// <item>The commons are never below zero.</item>
/// </list>
/// Names are compared byte by byte.
/// </summary>
public interface IBillStore
{
    /// <summary>The epoch's books, or null if nothing was written to them.</summary>
    Task<EpochRow?> FindEpochAsync(ClassId @class, long epoch, CancellationToken cancellation);

    /// <summary>A class's epochs that have books, newest first.</summary>
    Task<IReadOnlyList<EpochRow>> ListEpochsAsync(ClassId @class, int limit, CancellationToken cancellation);

    /// <summary>Members, of a range of names with both ends, that have a bill of the epoch.</summary>
    Task<IReadOnlyList<string>> ListBilledAsync(ClassId @class, long epoch, NameRange members, CancellationToken cancellation);

    /// <summary>Lines that wait for a bill, of a range of names with both ends, in the order in which they were handed in.</summary>
    Task<IReadOnlyList<HandedInRow>> ListHandedInAsync(string coop, NameRange members, CancellationToken cancellation);

    /// <summary>
    /// Writes a step, all or nothing, durable when it returns. False: the epoch's books are no more at <see cref="BillingStep.AfterStep"/>, or a line
    /// that was taken stands on a bill by now. Nothing is written; read again.
    /// </summary>
    Task<bool> WriteAsync(BillingStep step, CancellationToken cancellation);

    /// <summary>Takes a line in for its member's next bill, with its entry if it has one, durable when it returns.</summary>
    Task<HandInAnswer> HandInAsync(HandIn handIn, CancellationToken cancellation);

    /// <summary>Whether a line was handed in with this key.</summary>
    Task<bool> IsHandedInAsync(string coop, string key, CancellationToken cancellation);

    /// <summary>A bill by its number, or null.</summary>
    Task<BillRow?> FindBillAsync(string coop, long number, CancellationToken cancellation);

    /// <summary>A member's bill of an epoch, or null.</summary>
    Task<BillRow?> FindBillAsync(ClassId @class, long epoch, string member, CancellationToken cancellation);

    /// <summary>Bills by number, of one member or of all.</summary>
    /// <param name="member">Null for all.</param>
    /// <param name="after">The last number already read; 0 to begin.</param>
    /// <param name="limit">At most this many, at least 1.</param>
    Task<IReadOnlyList<BillRow>> ListBillsAsync(string coop, string? member, long after, int limit, CancellationToken cancellation);

    /// <summary>Bills of an epoch by member, in byte order.</summary>
    /// <param name="after">The last name already read; empty to begin.</param>
    /// <param name="limit">At most this many, at least 1.</param>
    Task<IReadOnlyList<BillRow>> ListEpochBillsAsync(ClassId @class, long epoch, string after, int limit, CancellationToken cancellation);

    /// <summary>What the accounts hold at one moment, and the numbers given last.</summary>
    Task<BooksRow> ReadBooksAsync(string coop, CancellationToken cancellation);

    /// <summary>What a member's account holds, in micro-credits; below 0 it owes.</summary>
    Task<long> ReadBalanceAsync(MemberId member, CancellationToken cancellation);
}

/// <summary>Names from the first to the last, both included, byte by byte.</summary>
public readonly record struct NameRange(string First, string Last);

/// <summary>The books of one class's epoch, as stored.</summary>
/// <param name="Class">Whose.</param>
/// <param name="Epoch">Which.</param>
/// <param name="Step">How often they have changed, from 1.</param>
/// <param name="State">What <c>EpochBooksJson</c> writes.</param>
public sealed record EpochRow(ClassId Class, long Epoch, long Step, string State);

/// <summary>A change of an epoch's books, with the bills and entries that belong to it.</summary>
public sealed record BillingStep
{
    public required ClassId Class { get; init; }

    public required long Epoch { get; init; }

    /// <summary>The step that it follows; 0 if there is none.</summary>
    public required long AfterStep { get; init; }

    /// <summary>The books afterwards.</summary>
    public required string State { get; init; }

    /// <summary>In the order of their numbers.</summary>
    public IReadOnlyList<NewBill> Bills { get; init; } = [];

    /// <summary>In the order of their numbers.</summary>
    public IReadOnlyList<EntryRow> Entries { get; init; } = [];

    /// <summary>When, in ms since the Unix epoch.</summary>
    public required long UnixMs { get; init; }
}

/// <summary>A bill that has yet to get its number. It is its own entry of the books: the member gives the charges, revenue gains them.</summary>
/// <param name="Member">Whose.</param>
/// <param name="Charges">Micro-credits.</param>
/// <param name="Lines">What <c>BillCodec</c> writes.</param>
/// <param name="HandedIn">The lines that wait no longer.</param>
public sealed record NewBill(string Member, long Charges, byte[] Lines, IReadOnlyList<long> HandedIn);

/// <summary>An entry that no bill is.</summary>
/// <param name="Member">Whose account has a part in it; empty if no member's.</param>
/// <param name="Amounts">What each account gains, in micro-credits. They sum to zero, and each fits 64 bits.</param>
/// <param name="Reason">For whom it may concern.</param>
public sealed record EntryRow(string Member, Balances Amounts, string Reason);

/// <summary>A line for a member's next bill.</summary>
/// <param name="Member">Whose; with an empty name nobody's: it waits for no bill, and its key posts the entry once.</param>
/// <param name="Key">Unique in the co-op; a repeat changes nothing.</param>
/// <param name="Line">What <c>BillCodec</c> writes.</param>
/// <param name="Entry">What is posted with it; null for a line that is posted with its bill.</param>
/// <param name="UnixMs">When, in ms since the Unix epoch.</param>
public sealed record HandIn(MemberId Member, string Key, byte[] Line, EntryRow? Entry, long UnixMs);

/// <summary>A line that waits for a bill.</summary>
public sealed record HandedInRow(long Id, string Member, byte[] Line);

/// <summary>What became of a line, in order of precedence. <c>default</c> is none of them.</summary>
public enum HandInOutcome
{
    None = 0,

    /// <summary>The key is taken by another line: nothing is written.</summary>
    KeyConflict = 1,

    /// <summary>It was handed in before: nothing is written.</summary>
    TakenBefore = 2,

    /// <summary>The commons would be below zero: nothing is written.</summary>
    CommonsShort = 3,

    Taken = 4,
}

/// <summary>What became of a line.</summary>
/// <param name="Entry">The number of the entry that was posted with it; 0 if there is none.</param>
public readonly record struct HandInAnswer(HandInOutcome Outcome, long Entry);

/// <summary>A bill as stored.</summary>
/// <param name="Class">Its class, with the co-op.</param>
/// <param name="Number">Its number in the co-op, from 1.</param>
/// <param name="Member">Whose.</param>
/// <param name="Epoch">Which epoch of the class it is for.</param>
/// <param name="IssuedUnixMs">When, in ms since the Unix epoch.</param>
/// <param name="Lines">What <c>BillCodec</c> reads.</param>
public sealed record BillRow(ClassId Class, long Number, string Member, long Epoch, long IssuedUnixMs, byte[] Lines);

/// <summary>A co-op's books at one moment.</summary>
/// <param name="LastBill">The number given last; 0 before the first.</param>
/// <param name="LastEntry">The same of entries that no bill is.</param>
public readonly record struct BooksRow(long LastBill, long LastEntry, Balances Balances);
