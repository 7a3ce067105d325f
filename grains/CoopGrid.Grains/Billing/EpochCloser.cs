using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Model;

namespace CoopGrid.Grains.Billing;

/// <summary>How far a step has brought a closing.</summary>
internal enum ClosingProgress
{
    /// <summary>The class has not frozen the epoch's figures.</summary>
    NotFrozen = 0,

    /// <summary>There is more to do.</summary>
    UnderWay = 1,

    /// <summary>All members are billed, but somebody's units are missing: a member that left and has no final bill yet. The books say how much.</summary>
    Waiting = 2,

    /// <summary>The step closed the epoch's books.</summary>
    Closed = 3,

    /// <summary>They were closed before.</summary>
    WasClosed = 4,
}

/// <summary>
/// Closes an epoch page after page of the directory. It keeps nothing: each step reads where the books are, decides, and writes bills, numbers, entries and the books'
/// next step in one transaction. So it goes on wherever one before it was broken off, and two that work at once write one history.
/// </summary>
internal sealed class EpochCloser(IBillStore store, IMemberDirectory directory, IEpochFigures figures, GridClock clock)
{
    /// <summary>Members in a step: enough for one commit, and so few that admissions, whose commits take turns with it, hardly wait for it.</summary>
    public const int PageSize = 64;

    /// <summary>Makes the next step.</summary>
    public async Task<ClosingProgress> StepAsync(ClassId @class, long epoch, CancellationToken cancellation)
    {
        EpochRow? row = await store.FindEpochAsync(@class, epoch, cancellation);
        EpochBooks? books = row?.ToBooks();
        if (books?.End is not null) return ClosingProgress.WasClosed;
        if (books?.Closing is null)
        {
            if (await figures.OfClassAsync(@class, epoch, cancellation) is not { } frozen) return ClosingProgress.NotFrozen;
            EpochBooks? before = (await store.FindEpochAsync(@class, epoch - 1, cancellation))?.ToBooks();
            if (before is { End: null }) return ClosingProgress.NotFrozen;
            books = (books ?? new() { Epoch = frozen.Figures.Epoch, Span = frozen.Span }).Begun(frozen.Figures, frozen.CommonsPermille);
            books = books with { CommonsUnitsBefore = before?.CommonsUnits ?? 0 };
        }

        IReadOnlyList<DirectoryChange> page = await directory.ListMembersAsync(@class.Coop, @class.Class, books.Walked, PageSize, cancellation);
        if (page.Count > 0)
        {
            await BillAsync(row, books, [.. page.Select(member => member.Member.Member)], cancellation);
            return ClosingProgress.UnderWay;
        }

        EpochStep end = books.Finish();
        if (end.Books == books) return ClosingProgress.Waiting;
        if (!await store.WriteAsync(BillingSteps.After(row, end, [], clock.Read().Now), cancellation)) return ClosingProgress.UnderWay;
        return end.Books.End is null ? ClosingProgress.Waiting : ClosingProgress.Closed;
    }

    private async Task BillAsync(EpochRow? row, EpochBooks books, string[] page, CancellationToken cancellation)
    {
        (ClassId @class, long epoch) = books.Epoch;
        var names = new NameRange(page[0], page[^1]);

        // After the row: whoever gets a final bill meanwhile has changed it, and this step is not written.
        HashSet<string> final = [.. await store.ListBilledAsync(@class, epoch, names, cancellation)];
        string[] members = [.. page.Where(member => !final.Contains(member))];
        IReadOnlyList<MemberFigures?> used = await figures.OfMembersAsync(@class, epoch, members, cancellation);

        // A final bill that was made just now has changed the row: the next step looks anew.
        if (used.Contains(null)) return;
        ILookup<string, HandedInRow> waiting = (await store.ListHandedInAsync(@class.Coop, names, cancellation)).ToLookup(line => line.Member);
        Dictionary<string, HandedIn> handedIn = [];
        foreach (string member in members) handedIn.Add(member, HandedIn.Of(waiting[member], books.Closing!.Figures));

        EpochStep step = books.Next(members.Zip(used, (member, own) => new MemberToBill(new(@class.Coop, member), own!, handedIn[member].Lines)), page[^1]);
        await store.WriteAsync(BillingSteps.After(row, step, [.. step.Bills.Select(bill => handedIn[bill.Member.Member])], clock.Read().Now), cancellation);
    }
}
