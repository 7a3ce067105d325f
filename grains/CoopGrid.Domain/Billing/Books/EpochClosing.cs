using System.Collections.Immutable;
using System.Text;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing.Books;

/// <summary>What became of a step of a closing, in order of precedence.</summary>
public enum ClosingOutcome : byte
{
    /// <summary>The member, or one after it, was billed before: nothing is changed.</summary>
    BilledBefore = 1,

    /// <summary>Not all members that make up S and M are billed, or one twice: the epoch cannot be finished.</summary>
    SumsDiffer = 2,

    /// <summary>The member is billed.</summary>
    Billed = 3,

    /// <summary>The epoch's books are closed.</summary>
    Finished = 4,
}

/// <summary>One member's step; store all of it in one transaction. Bill and entry are null if the member was billed before.</summary>
public sealed record ClosingStep(ClosingOutcome Outcome, EpochClosing Closing, BillNumbers Numbers, Bill? Bill, JournalEntry? Entry);

/// <summary>The end of a closing.</summary>
/// <param name="Outcome">Finished or SumsDiffer.</param>
/// <param name="Revenue">Micro-credits of the epoch: <c>round(exact Σ)</c>, and what leavers brought.</param>
/// <param name="Rounding">Micro-credits that the rounding account pays: <c>round(exact Σ) − Σ lines</c>.</param>
/// <param name="Entries">Rounding, and the share of the commons.</param>
/// <param name="Reason">Why it is not finished.</param>
public sealed record ClosingEnd(ClosingOutcome Outcome, Int128 Revenue, long Rounding, ImmutableArray<JournalEntry> Entries, string Reason = "");

/// <summary>What members that left within the epoch used and paid by their final bills. <c>default</c> if nobody left.</summary>
/// <param name="Units">Their share of S.</param>
/// <param name="MemberSlices">Their share of M.</param>
/// <param name="Revenue">Micro-credits.</param>
public readonly record struct Leavers(long Units, long MemberSlices, Int128 Revenue);

/// <summary>
/// The closing of one class's epoch, member after member (SPEC.md §10): a value between two steps, so that it can stop anywhere and go on.
/// <list type="number">
/// <item>Members are billed in byte order of their names (UTF-8, as the directory lists them), each once: who is not after <c>LastMember</c> was billed before.</item>
/// <item>Every bill takes the next number, and only a bill does: no gaps.</item>
/// <item>The exact Σ is kept as fractions to the end; the rounding account takes <c>round(exact Σ) − Σ lines</c>, so that
/// <c>Σ charges of bills + rounding = revenue</c> to the micro-credit.</item>
/// <item>It ends only when the members billed and the leavers make up the frozen S and M exactly.</item>
/// <item>A voted share of a revenue above 0 goes to the commons, floored.</item>
/// </list>
/// </summary>
public sealed record EpochClosing
{
    /// <summary>Frozen.</summary>
    public required ClassFigures Figures { get; init; }

    /// <summary>Who is billed already.</summary>
    public required Leavers Leavers { get; init; }

    /// <summary>The last member billed; empty before the first.</summary>
    public string LastMember { get; init; } = "";

    /// <summary>Members billed: the progress.</summary>
    public long Bills { get; init; }

    /// <summary>Σ u_i of the members billed.</summary>
    public long Units { get; init; }

    /// <summary>Σ n_i of the members billed.</summary>
    public long MemberSlices { get; init; }

    /// <summary>Units of members' banks that decayed when the epoch was over: the commons' from then on. No money, and in no account.</summary>
    public long DecayedUnits { get; init; }

    /// <summary>Micro-credits of the lines of all bills, credits aside.</summary>
    public Int128 Charges { get; init; }

    /// <summary>The same before rounding.</summary>
    public ExactSum Exact { get; init; } = ExactSum.Zero;

    /// <summary>Bills the next member.</summary>
    /// <inheritdoc cref="BillRule.Project"/>
    public ClosingStep Next(BillNumbers numbers, MemberId member, MemberFigures used, ImmutableArray<BillLine> handedIn)
    {
        if (!IsAfterLast(member.Member)) return new(ClosingOutcome.BilledBefore, this, numbers, null, null);
        Bill bill = BillRule.Project(member, Figures, used, handedIn) with { Number = numbers.Next.Last };
        EpochClosing closing = this with
        {
            LastMember = member.Member,
            Bills = Bills + 1,
            Units = Units + used.Units,
            MemberSlices = MemberSlices + used.EnrolledSlices,
            DecayedUnits = DecayedUnits + used.DecayedUnits,
            Charges = Charges + bill.Charges,
            Exact = BillPosting.Exact(Exact, bill),
        };
        return new(ClosingOutcome.Billed, closing, numbers.Next, bill, BillPosting.Of(bill));
    }

    // Not by UTF-16, whose surrogates stand before other characters: a member would be passed over as billed, and the epoch never end.
    private bool IsAfterLast(string member) =>
        Encoding.UTF8.GetBytes(member).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(LastMember)) > 0;

    /// <summary>Closes the epoch's books after the last member.</summary>
    /// <param name="commonsPermille">The voted share of revenue, 0 to 1000.</param>
    /// <exception cref="OverflowException">The share does not fit 64 bits.</exception>
    public ClosingEnd Finish(int commonsPermille)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(commonsPermille);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(commonsPermille, 1000);
        (long units, long memberSlices) = (Units + Leavers.Units, MemberSlices + Leavers.MemberSlices);
        if ((units, memberSlices) != (Figures.Usage, Figures.MemberSlices))
        {
            string reason = $"Members billed and leavers make up {units} units and {memberSlices} slices; epoch {Figures.Epoch} has {Figures.Usage} and {Figures.MemberSlices}.";
            return new(ClosingOutcome.SumsDiffer, 0, 0, [], reason);
        }

        Int128 billed = Exact.Rounded();
        var rounding = (long)(billed - Charges);
        Int128 revenue = billed + Leavers.Revenue;
        long share = revenue > 0 ? (long)(revenue * commonsPermille / 1000) : 0;
        return new(
            ClosingOutcome.Finished,
            revenue,
            rounding,
            [
                JournalEntry.Of($"Rounding of {Figures.Epoch}", new(BooksAccount.Revenue, null, rounding), new(BooksAccount.Rounding, null, -rounding)),
                JournalEntry.Of(
                    $"{commonsPermille} ‰ of the revenue of {Figures.Epoch}", new(BooksAccount.Revenue, null, -share), new(BooksAccount.Commons, null, share)),
            ]);
    }
}
