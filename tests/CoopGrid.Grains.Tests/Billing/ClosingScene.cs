using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Domain.Billing.Stored;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Grains.Usage;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Billing;

/// <summary>A disk whose directory has a month's members, and those who close it.</summary>
internal sealed class ClosingScene
{
    public ClosingScene(FrozenMonth month)
    {
        Month = month;
        Store = NewStore();
        Credits = new(Store, Directory, Clock);
        foreach (string name in month.Members.Keys) Enroll(name);
    }

    public FrozenMonth Month { get; }

    public Disk Disk { get; } = new();

    public GridClock Clock { get; } = new(new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000)));

    public DiskBills Store { get; }

    public Credits Credits { get; }

    public BooksRow Books => Disk.Billing.Accounts.GetValueOrDefault(Month.Epoch.Class.Coop);

    public IReadOnlyList<Bill> Bills => [.. Disk.Billing.Bills.Select(bill => bill.Row.ToBill())];

    public EpochBooks EpochBooks => Disk.Billing.Epochs[(Month.Epoch.Class, Month.Epoch.Number)].ToBooks();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DiskDirectory Directory => new(Disk, new());

    /// <summary>The store as another silo has it.</summary>
    public DiskBills NewStore() => new(Disk, new());

    public EpochCloser Closer(DiskBills? store = null) => new(store ?? Store, Directory, Month, Clock);

    public void Enroll(string name, MemberStatus status = MemberStatus.Active) =>
        Disk.Members[Id(name)] = new(Id(name), Month.Epoch.Class.Class, status, 0);

    public MemberId Id(string name) => new(Month.Epoch.Class.Coop, name);

    public Task<ClosingProgress> StepAsync(EpochCloser closer) => closer.StepAsync(Month.Epoch.Class, Month.Epoch.Number, Cancellation);

    /// <summary>Goes on until the epoch is closed, or waits.</summary>
    public async Task<ClosingProgress> CloseAsync(EpochCloser? closer = null)
    {
        closer ??= Closer();
        ClosingProgress progress;
        do
        {
            progress = await StepAsync(closer);
            AssertSound();
        }
        while (progress == ClosingProgress.UnderWay);
        return progress;
    }

    /// <summary>Makes the final bill of a member of the month, on the figures so far, and takes it from the members that the closing will be asked for.</summary>
    public async Task<Bill> LeaveAsync(string name, ClassFigures soFar)
    {
        Enroll(name, MemberStatus.Exited);
        return await new FinalBills(Store, Clock).SettleAsync(Id(name), soFar, Month.Frozen.Span, Month.Members[name], Cancellation);
    }

    /// <summary>A line without an entry of its own, as other rooms hand them in.</summary>
    public Task<HandInAnswer> HandInAsync(string name, string key, BillLine line) =>
        Store.HandInAsync(new(Id(name), key, BillCodec.EncodeLine(Month.Epoch.Class.Coop, line), null, 0), Cancellation);

    public Task<CreditPosting> PayAsync(string name, long microCredits, string key, string reason = "transfer") =>
        Credits.PostAsync(Id(name), CreditSource.Payment, microCredits, reason, key, Cancellation);

    /// <summary>What holds at any moment: numbers without gaps, and accounts that sum to zero and are what bills and entries make them.</summary>
    public void AssertSound()
    {
        Assert.Equal(Enumerable.Range(1, Disk.Billing.Bills.Count).Select(number => (long)number), Disk.Billing.Bills.Select(bill => bill.Row.Number));
        Balances balances = Books.Balances;
        Assert.Equal(Int128.Zero, balances.Members + balances.Revenue + balances.Payments + balances.Commons + balances.Rounding);
        Balances posted = default;
        foreach (Bill bill in Bills) posted = posted with { Members = posted.Members - bill.Charges, Revenue = posted.Revenue + bill.Charges };
        foreach ((_, EntryRow entry) in Disk.Billing.Entries) posted = posted.Plus(entry.Amounts);
        Assert.Equal(posted, balances);
        Assert.Equal((Disk.Billing.Bills.Count, Disk.Billing.Entries.Count), ((int)Books.LastBill, (int)Books.LastEntry));
    }

    /// <summary>All that is stored, as text, to be compared.</summary>
    public string Stored() => string.Join('\n',
    [
        .. Disk.Billing.Bills.Select(bill => $"{bill.Row with { Lines = [] }} {Convert.ToHexStringLower(bill.Row.Lines)} {bill.Charges}"),
        .. Disk.Billing.Entries.Select(entry => $"{entry}"),
        .. Disk.Billing.Lines.Select(line => $"{line.Line.Key} {line.Entry} {line.Bill}"),
        .. Disk.Billing.Epochs.Values.Select(epoch => $"{epoch}"),
        $"{Books}",
    ]);
}
