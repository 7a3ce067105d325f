using CoopGrid.Domain.Billing.Books;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.Grains.Tests.Silo;

/// <summary>What a data folder holds of bills and books, in memory.</summary>
internal sealed class BillingTables
{
    public Dictionary<(ClassId Class, long Epoch), EpochRow> Epochs { get; } = [];

    /// <summary>In the order of their numbers.</summary>
    public List<(BillRow Row, long Charges)> Bills { get; } = [];

    public List<(string Coop, EntryRow Entry)> Entries { get; } = [];

    /// <summary>In the order of their numbers, which begin with 1; bill 0 waits.</summary>
    public List<(HandIn Line, long Entry, long Bill)> Lines { get; } = [];

    public Dictionary<string, BooksRow> Accounts { get; } = [];

    /// <summary>Steps that were written.</summary>
    public int Steps { get; set; }
}

/// <summary>Bills and books on a <see cref="Disk"/>.</summary>
internal sealed class DiskBills(Disk disk, Power power) : IBillStore
{
    private readonly BillingTables _books = disk.Billing;

    /// <summary>Called before a step is written, with how many were before; for a power cut, or for another silo that comes between.</summary>
    public Action<int>? Before { get; set; }

    /// <summary>The same, after.</summary>
    public Action<int>? After { get; set; }

    /// <summary>Called before a line is taken in.</summary>
    public Action? BeforeHandIn { get; set; }

    /// <summary>The same, after.</summary>
    public Action? AfterHandIn { get; set; }

    /// <summary>Called after lines that wait were read.</summary>
    public Action? AfterListing { get; set; }

    public Task<EpochRow?> FindEpochAsync(ClassId @class, long epoch, CancellationToken cancellation) => Locked(() => _books.Epochs.GetValueOrDefault((@class, epoch)));

    public Task<IReadOnlyList<EpochRow>> ListEpochsAsync(ClassId @class, int limit, CancellationToken cancellation) => Locked<IReadOnlyList<EpochRow>>(
        () => [.. _books.Epochs.Values.Where(row => row.Class == @class).OrderByDescending(row => row.Epoch).Take(limit)]);

    public Task<IReadOnlyList<string>> ListBilledAsync(ClassId @class, long epoch, NameRange members, CancellationToken cancellation) => Locked<IReadOnlyList<string>>(
        () => [.. OfEpoch(@class, epoch).Select(row => row.Member).Where(member => IsIn(member, members))]);

    public Task<IReadOnlyList<HandedInRow>> ListHandedInAsync(string coop, NameRange members, CancellationToken cancellation)
    {
        Task<IReadOnlyList<HandedInRow>> listed = Locked<IReadOnlyList<HandedInRow>>(() =>
        [
            .. _books.Lines.Index()
                .Where(line => line.Item.Bill == 0 && line.Item.Line.Member.Coop == coop && IsIn(line.Item.Line.Member.Member, members))
                .Select(line => new HandedInRow(line.Index + 1, line.Item.Line.Member.Member, line.Item.Line.Line)),
        ]);
        AfterListing?.Invoke();
        return listed;
    }

    public Task<bool> WriteAsync(BillingStep step, CancellationToken cancellation)
    {
        int before = _books.Steps;
        Before?.Invoke(before);
        Task<bool> written = Locked(() => Write(step));
        After?.Invoke(before);
        return written;
    }

    public Task<HandInAnswer> HandInAsync(HandIn handIn, CancellationToken cancellation)
    {
        BeforeHandIn?.Invoke();
        Task<HandInAnswer> taken = Locked(() => HandIn(handIn));
        AfterHandIn?.Invoke();
        return taken;
    }

    public Task<bool> IsHandedInAsync(string coop, string key, CancellationToken cancellation) =>
        Locked(() => _books.Lines.Exists(line => line.Line.Member.Coop == coop && line.Line.Key == key));

    public Task<BillRow?> FindBillAsync(string coop, long number, CancellationToken cancellation) =>
        Locked(() => _books.Bills.Select(bill => bill.Row).FirstOrDefault(row => row.Class.Coop == coop && row.Number == number));

    public Task<BillRow?> FindBillAsync(ClassId @class, long epoch, string member, CancellationToken cancellation) =>
        Locked(() => OfEpoch(@class, epoch).FirstOrDefault(row => row.Member == member));

    public Task<IReadOnlyList<BillRow>> ListBillsAsync(string coop, string? member, long after, int limit, CancellationToken cancellation) => Locked<IReadOnlyList<BillRow>>(() =>
    [
        .. _books.Bills.Select(bill => bill.Row)
            .Where(row => row.Class.Coop == coop && (member is null || row.Member == member) && row.Number > after)
            .Take(limit),
    ]);

    public Task<IReadOnlyList<BillRow>> ListEpochBillsAsync(ClassId @class, long epoch, string after, int limit, CancellationToken cancellation) =>
        Locked<IReadOnlyList<BillRow>>(() =>
        [
            .. OfEpoch(@class, epoch)
                .Where(row => string.CompareOrdinal(row.Member, after) > 0)
                .OrderBy(row => row.Member, StringComparer.Ordinal)
                .Take(limit),
        ]);

    public Task<BooksRow> ReadBooksAsync(string coop, CancellationToken cancellation) => Locked(() => _books.Accounts.GetValueOrDefault(coop));

    public Task<long> ReadBalanceAsync(MemberId member, CancellationToken cancellation) => Locked(() =>
        _books.Entries.Where(entry => entry.Coop == member.Coop && entry.Entry.Member == member.Member).Sum(entry => (long)entry.Entry.Amounts.Members)
        - _books.Bills.Where(bill => bill.Row.Class.Coop == member.Coop && bill.Row.Member == member.Member).Sum(bill => bill.Charges));

    private bool Write(BillingStep step)
    {
        (ClassId, long) epoch = (step.Class, step.Epoch);
        if ((_books.Epochs.GetValueOrDefault(epoch)?.Step ?? 0) != step.AfterStep) return false;
        if (step.Bills.SelectMany(bill => bill.HandedIn).Any(id => _books.Lines[(int)id - 1].Bill != 0)) return false;
        if (step.Bills.Any(bill => OfEpoch(step.Class, step.Epoch).Any(row => row.Member == bill.Member))) throw new IOException("A member is billed twice.");
        BooksRow books = _books.Accounts.GetValueOrDefault(step.Class.Coop);
        foreach (NewBill bill in step.Bills)
        {
            Balances posted = books.Balances with { Members = books.Balances.Members - bill.Charges, Revenue = books.Balances.Revenue + bill.Charges };
            books = books with { LastBill = books.LastBill + 1, Balances = posted };
            _books.Bills.Add((new(step.Class, books.LastBill, bill.Member, step.Epoch, step.UnixMs, bill.Lines), bill.Charges));
            foreach (long id in bill.HandedIn) _books.Lines[(int)id - 1] = _books.Lines[(int)id - 1] with { Bill = books.LastBill };
        }

        foreach (EntryRow entry in step.Entries) books = Post(step.Class.Coop, books, entry);
        _books.Accounts[step.Class.Coop] = books;
        _books.Epochs[epoch] = new(step.Class, step.Epoch, step.AfterStep + 1, step.State);
        _books.Steps++;
        return true;
    }

    private HandInAnswer HandIn(HandIn handIn)
    {
        string coop = handIn.Member.Coop;
        if (_books.Lines.Find(line => line.Line.Member.Coop == coop && line.Line.Key == handIn.Key) is { Line: not null } known)
        {
            bool same = known.Line.Member == handIn.Member && known.Line.Line.AsSpan().SequenceEqual(handIn.Line);
            return same ? new(HandInOutcome.TakenBefore, known.Entry) : new(HandInOutcome.KeyConflict, 0);
        }

        BooksRow books = _books.Accounts.GetValueOrDefault(coop);
        long number = 0;
        if (handIn.Entry is { } entry)
        {
            if (books.Balances.Commons + entry.Amounts.Commons < 0) return new(HandInOutcome.CommonsShort, 0);
            _books.Accounts[coop] = books = Post(coop, books, entry);
            number = books.LastEntry;
        }

        _books.Lines.Add((handIn, number, 0));
        return new(HandInOutcome.Taken, number);
    }

    private BooksRow Post(string coop, BooksRow books, EntryRow entry)
    {
        _books.Entries.Add((coop, entry));
        return books with { LastEntry = books.LastEntry + 1, Balances = books.Balances.Plus(entry.Amounts) };
    }

    private IEnumerable<BillRow> OfEpoch(ClassId @class, long epoch) =>
        _books.Bills.Select(bill => bill.Row).Where(row => row.Class == @class && row.Epoch == epoch);

    private static bool IsIn(string member, NameRange names) =>
        string.CompareOrdinal(member, names.First) >= 0 && string.CompareOrdinal(member, names.Last) <= 0;

    private Task<T> Locked<T>(Func<T> work)
    {
        power.Check();
        lock (disk.Lock) return Task.FromResult(work());
    }
}
