using System.Collections.Immutable;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing.Books;

/// <summary>
/// All that the books know of one class's epoch: who left within it, how far its closing has come, how it ended. A value between two steps, stored with
/// the bills of each step.
/// <list type="number">
/// <item>Members that left have their final bills before the closing looks at them, or are billed by it like the others: one bill each.</item>
/// <item>The closing goes through the directory's pages in byte order. A member without units and slices in the epoch gets no bill.</item>
/// <item>Bills of a step are numbered from 1: whoever stores them adds the co-op's last number.</item>
/// </list>
/// </summary>
public sealed record EpochBooks
{
    public required ClassEpoch Epoch { get; init; }

    /// <summary>The time that its bills are for.</summary>
    public required EpochSpan Span { get; init; }

    /// <summary>Those with final bills, so far.</summary>
    public Leavers Leavers { get; init; }

    /// <summary>How far the members are billed; null before the closing has begun.</summary>
    public EpochClosing? Closing { get; init; }

    /// <summary>The voted share of revenue, 0 to 1000; frozen when the closing begins.</summary>
    public int CommonsPermille { get; init; }

    /// <summary>Units of the class that had gone to the commons before this epoch's end.</summary>
    public long CommonsUnitsBefore { get; init; }

    /// <summary>The same with those of the members billed so far: the commons' units of the class. No money.</summary>
    public long CommonsUnits => CommonsUnitsBefore + (Closing?.DecayedUnits ?? 0);

    /// <summary>The last name of the directory that the closing has looked at.</summary>
    public string Walked { get; init; } = "";

    /// <summary>Why the closing cannot end, although all members are billed; empty if nothing is in its way.</summary>
    public string Waiting { get; init; } = "";

    /// <summary>How it ended; null while it is open.</summary>
    public EpochEnd? End { get; init; }

    /// <summary>The same with a closing that begins.</summary>
    public EpochBooks Begun(ClassFigures figures, int commonsPermille) =>
        this with { Closing = new() { Figures = figures, Leavers = default }, CommonsPermille = commonsPermille };

    /// <summary>Bills some members.</summary>
    /// <param name="members">In byte order; none that has a final bill.</param>
    /// <param name="walked">The last name of the page they are from.</param>
    /// <exception cref="OverflowException">A bill does not fit 64 bits.</exception>
    public EpochStep Next(IEnumerable<MemberToBill> members, string walked)
    {
        EpochClosing closing = Closing ?? throw new InvalidOperationException($"The closing of {Epoch} has not begun.");
        BillNumbers numbers = default;
        ImmutableArray<Bill>.Builder bills = ImmutableArray.CreateBuilder<Bill>();
        foreach (MemberToBill member in members)
        {
            if (member.Used == MemberFigures.None) continue;
            ClosingStep step = closing.Next(numbers, member.Member, member.Used, member.HandedIn);
            (closing, numbers) = (step.Closing, step.Numbers);
            if (step.Bill is { } bill) bills.Add(bill);
        }

        return new(this with { Closing = closing, Walked = walked }, bills.DrainToImmutable(), []);
    }

    /// <summary>Ends the closing after the last page, or says what it waits for.</summary>
    /// <exception cref="OverflowException">The share does not fit 64 bits.</exception>
    public EpochStep Finish()
    {
        EpochClosing closing = Closing ?? throw new InvalidOperationException($"The closing of {Epoch} has not begun.");
        ClosingEnd end = (closing with { Leavers = Leavers }).Finish(CommonsPermille);
        if (end.Outcome == ClosingOutcome.SumsDiffer) return new(this with { Waiting = end.Reason }, [], []);
        long share = end.Entries.SelectMany(entry => entry.Postings).Where(posting => posting.Account == BooksAccount.Commons).Sum(posting => posting.Amount);
        return new(this with { Waiting = "", End = new(end.Revenue, end.Rounding, share) }, [], NotEmpty(end.Entries));
    }

    /// <summary>Makes the final bill of a member that leaves.</summary>
    /// <inheritdoc cref="Settlement.Of"/>
    public EpochStep Settle(MemberId member, ClassFigures soFar, MemberFigures used, ImmutableArray<BillLine> handedIn)
    {
        Settlement settled = Settlement.Of(default, member, soFar, used, handedIn);
        var leavers = new Leavers(Leavers.Units + used.Units, Leavers.MemberSlices + used.EnrolledSlices, Leavers.Revenue + settled.Revenue);
        var rounding = JournalEntry.Of(
            $"Rounding of the final bill of {member} for {Epoch}",
            new(BooksAccount.Revenue, null, settled.Rounding),
            new(BooksAccount.Rounding, null, -settled.Rounding));
        return new(this with { Leavers = leavers }, [settled.Bill], NotEmpty([rounding]));
    }

    private static ImmutableArray<JournalEntry> NotEmpty(ImmutableArray<JournalEntry> entries) => entries.RemoveAll(entry => entry.Postings.IsEmpty);
}

/// <summary>What a member's bill is made of.</summary>
/// <param name="Member">Who.</param>
/// <param name="Used">Its frozen figures.</param>
/// <param name="HandedIn">Reservations, adjustments and credits that wait for its next bill.</param>
public readonly record struct MemberToBill(MemberId Member, MemberFigures Used, ImmutableArray<BillLine> HandedIn);

/// <summary>One step of an epoch's books; store all of it in one transaction.</summary>
/// <param name="Books">Afterwards.</param>
/// <param name="Bills">New ones, numbered from 1. A bill is its own entry: the member gives its charges to revenue.</param>
/// <param name="Entries">What is posted besides.</param>
public sealed record EpochStep(EpochBooks Books, ImmutableArray<Bill> Bills, ImmutableArray<JournalEntry> Entries);

/// <summary>How an epoch's books closed, in micro-credits.</summary>
/// <param name="Revenue">The epoch's revenue, leavers' included.</param>
/// <param name="Rounding">What the rounding account paid for the bills of those who stayed.</param>
/// <param name="CommonsShare">What went to the commons.</param>
public readonly record struct EpochEnd(Int128 Revenue, long Rounding, long CommonsShare);
