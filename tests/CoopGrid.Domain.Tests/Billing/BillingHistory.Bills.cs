using System.Collections.Immutable;
using System.Numerics;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Billing;

internal sealed partial class BillingHistory
{
    private BigInteger _revenue;
    private BigInteger _refunds;

    private void Exit(Person person, long slice, EpochState current)
    {
        long members = _people.Count(other => other.Enrolled);
        EpochUsage usage = person.Usage[current.Slices.Number];
        current.MemberSlices += usage.Leave(slice);
        (person.Enrolled, person.Exited) = (false, true);

        long soFar = ClassFigures.MemberSlicesSoFar(current.Slices, current.MemberSlices, members - 1, slice);
        ClassFigures figures = FiguresOf(current, soFar);
        ImmutableArray<BillLine> handedIn = person.TakeHandedIn();
        Settlement settlement = Settlement.Of(Numbers, person.Id, figures, usage.Figures(), handedIn);
        var revenue = new PlainSum();
        Compare(person, settlement.Bill, _biller.Lines(person.Number, TermsOf(current)), handedIn, revenue);
        Assert.Equal(revenue.Rounded, (BigInteger)settlement.Revenue);
        Assert.Equal(settlement.Revenue, settlement.Bill.Charges + settlement.Rounding);
        Assert.Equal(Numbers.Last + 1, settlement.Bill.Number);
        Numbers = settlement.Numbers;
        Post(settlement.Entry);
        person.Settled = current.Slices.Number;
        person.Balance -= settlement.Bill.Charges;
        current.Leavers = new(current.Leavers.Units + usage.Units, current.Leavers.MemberSlices + usage.EnrolledSlices, current.Leavers.Revenue + settlement.Revenue);
        _revenue += settlement.Revenue;
    }

    private void Close(EpochState epoch)
    {
        ClassFigures figures = FiguresOf(epoch, epoch.MemberSlices);
        IndependentBiller.Terms terms = TermsOf(epoch);
        (epoch.Frozen, epoch.Terms, epoch.IsClosed) = (figures, terms, true);
        epoch.PlainUsage = _biller.S(epoch.Slices.First, epoch.Slices.End);
        var closing = new EpochClosing { Figures = figures, Leavers = epoch.Leavers };
        var revenue = new PlainSum();
        BigInteger charged = 0;
        foreach (Person person in _people.Where(person => person.Settled != epoch.Slices.Number && person.Usage.ContainsKey(epoch.Slices.Number)))
        {
            MemberFigures used = person.Usage[epoch.Slices.Number].Figures();
            person.Usage.Remove(epoch.Slices.Number);
            if (used == MemberFigures.None) continue;
            person.Rated[epoch.Slices.Number] = used;
            ImmutableArray<BillLine> handedIn = person.TakeHandedIn();
            ClosingStep step = closing.Next(Numbers, person.Id, used, handedIn);
            Assert.Equal((ClosingOutcome.Billed, Numbers.Last + 1), (step.Outcome, step.Bill!.Number));
            Compare(person, step.Bill, _biller.Lines(person.Number, terms), handedIn, revenue);
            Assert.Equal(ClosingOutcome.BilledBefore, step.Closing.Next(step.Numbers, person.Id, used, handedIn).Outcome);
            (closing, Numbers) = (step.Closing, step.Numbers);
            Post(step.Entry!);
            person.Balance -= step.Bill.Charges;
            charged += step.Bill.Charges;
        }

        int share = _random.Next(0, 200);
        ClosingEnd end = closing.Finish(share);
        Assert.Equal((ClosingOutcome.Finished, ""), (end.Outcome, end.Reason));
        Assert.Equal(revenue.Rounded, charged + end.Rounding);
        Assert.Equal(revenue.Rounded + (BigInteger)epoch.Leavers.Revenue, (BigInteger)end.Revenue);
        foreach (JournalEntry entry in end.Entries) Post(entry);
        _revenue += revenue.Rounded;
        _refunds += BigInteger.Max(0, (BigInteger)end.Revenue) * share / 1000;
    }

    /// <summary>Every line, its exact amount and the total; the exact amounts of all but credits go into <paramref name="revenue"/>.</summary>
    private void Compare(Person person, Bill bill, List<IndependentBiller.Line> expected, ImmutableArray<BillLine> handedIn, PlainSum revenue)
    {
        BillLine[] own = [.. bill.Lines.Where(line => line.Kind <= BillLineKind.Surcharge)];
        Assert.Equal(expected.Select(line => (line.Kind, line.Version, line.Amount)), own.Select(line => (line.Kind.ToString(), line.PolicyVersion, (BigInteger)line.Amount)));
        Assert.Equal(handedIn.OrderBy(line => line.Kind), bill.Lines[own.Length..]);
        BigInteger charges = expected.Aggregate(BigInteger.Zero, (sum, line) => sum + line.Amount);
        foreach (BillLine line in handedIn.Where(line => line.Kind != BillLineKind.Credit)) charges += line.Amount;
        long credits = handedIn.OfType<CreditLine>().Sum(line => line.Credit);
        Assert.Equal((charges, charges - credits), ((BigInteger)bill.Charges, (BigInteger)bill.Total));

        foreach (IndependentBiller.Line line in expected) revenue.Add(line.Above, line.Below);
        foreach ((BigInteger above, BigInteger below) in person.Late) revenue.Add(above, below);
        person.Late.Clear();
        Bills++;
    }

    private ClassFigures FiguresOf(EpochState epoch, long memberSlices)
    {
        int number = (int)epoch.Slices.Number;
        EpochMean? previous = number == 0 ? null : new(number - 1, UsageOf(_epochs[number - 1]), _epochs[number - 1].MemberSlices);
        return new()
        {
            Epoch = new(Facts.Homes, number),
            Usage = UsageOf(epoch),
            MemberSlices = memberSlices,
            Slices = epoch.Slices.Count,
            PolicyVersion = epoch.Version,
            Tariff = epoch.Tariff!,
            Previous = previous,
        };
    }

    // Once an epoch is closed its S is frozen; before, it is the sum over everybody who was ever there.
    private long UsageOf(EpochState epoch) => epoch.Frozen?.Usage ?? _people.Sum(person => person.Usage.GetValueOrDefault(epoch.Slices.Number)?.Units ?? 0);

    private IndependentBiller.Terms TermsOf(EpochState epoch)
    {
        EpochSlices slices = epoch.Slices;
        (BigInteger s, BigInteger m) = (_biller.S(slices.First, slices.End), _biller.M(slices.First, slices.End));
        if (epoch.Tariff!.MeanBasis == MeanBasis.PreviousEpoch && slices.Number > 0)
        {
            EpochState previous = _epochs[slices.Number - 1];
            BigInteger enrolled = _biller.M(previous.Slices.First, previous.Slices.End);
            if (enrolled > 0) (s, m) = (previous.PlainUsage ?? _biller.S(previous.Slices.First, previous.Slices.End), enrolled);
        }

        return new(slices.First, slices.End, epoch.Version, epoch.Tariff.FixedFee, epoch.Tariff.Rate, epoch.Tariff.ComfortPermille, s, m);
    }

    private void Post(JournalEntry entry)
    {
        Books = Books.After(entry);
        Assert.Equal(Int128.Zero, Books.Members + Books.Revenue + Books.Payments + Books.Commons + Books.Rounding);
        foreach (Posting posting in entry.Postings.Where(posting => posting.Account == BooksAccount.Member))
            Array.Find(_people, person => person.Id == posting.Member)!.Posted += posting.Amount;
        if (entry.Reason == "as agreed")
        {
            _refunds -= entry.Postings.Where(posting => posting.Account == BooksAccount.Revenue).Aggregate(BigInteger.Zero, (sum, posting) => sum + posting.Amount);
            Person person = Array.Find(_people, person => person.Id == entry.Postings[0].Member)!;
            person.Balance += entry.Postings[0].Amount;
        }
    }

    private void Judge()
    {
        Assert.Equal((long)Bills, Numbers.Last);
        Assert.Equal(_revenue - _refunds, (BigInteger)Books.Revenue);
        foreach (Person person in _people) Assert.Equal(person.Balance, person.Posted);
        Assert.Equal((Int128)_people.Sum(person => person.Balance), Books.Members);
    }

    private sealed class EpochState(EpochSlices slices)
    {
        public EpochSlices Slices => slices;

        public int Version { get; set; }

        public TariffPolicy? Tariff { get; set; }

        /// <summary>The rules' M to the end, from what joins and exits answered.</summary>
        public long MemberSlices { get; set; }

        public Leavers Leavers { get; set; }

        public bool IsClosed { get; set; }

        public ClassFigures? Frozen { get; set; }

        public IndependentBiller.Terms? Terms { get; set; }

        /// <summary>The independent S, as frozen.</summary>
        public BigInteger? PlainUsage { get; set; }
    }

    private sealed class Person(int number)
    {
        public int Number => number;

        public MemberId Id { get; } = Facts.Member($"m{number}");

        public bool Enrolled { get; set; }

        public bool Exited { get; set; }

        public long Settled { get; set; } = -1;

        public long Balance { get; set; }

        public long Posted { get; set; }

        /// <summary>Sums of the epochs that are open.</summary>
        public Dictionary<long, EpochUsage> Usage { get; } = [];

        public IEnumerable<EpochUsage> Open => Usage.Values;

        public Dictionary<long, MemberFigures> Rated { get; } = [];

        public List<(Admitted Admitted, IndependentBiller.Use Use)> Admissions { get; } = [];

        public List<BillLine> HandedIn { get; } = [];

        /// <summary>Exact amounts of what is handed in, for the independent Σ.</summary>
        public List<(BigInteger Above, BigInteger Below)> Late { get; } = [];

        public ImmutableArray<BillLine> TakeHandedIn()
        {
            ImmutableArray<BillLine> taken = [.. HandedIn];
            HandedIn.Clear();
            return taken;
        }

        /// <summary>The sums go through a checkpoint.</summary>
        public void Restart()
        {
            foreach ((long epoch, EpochUsage usage) in Usage.ToArray()) Usage[epoch] = EpochUsage.Restore(usage.Epoch, usage.Snapshot());
        }
    }
}
