using System.Numerics;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Billing;

/// <summary>
/// A random life of one class over some epochs: joins, exits, admissions, cancels, reports in time, within grace and after closing, policy
/// changes within epochs and between them, charges and credits. The rules keep their sums from the entries, the independent biller its list;
/// whenever a bill is made both must agree on every line.
/// </summary>
internal sealed partial class BillingHistory
{
    private const int Epochs = 3;
    private static readonly int[] Multipliers = [800, 1000, 1001, 1500, 2225];
    private readonly Random _random;
    private readonly Person[] _people;
    private readonly EpochState[] _epochs;
    private readonly long _grace;
    private readonly IndependentBiller _biller = new();
    private int _version = 1;

    private BillingHistory(int seed)
    {
        _random = new(seed);
        _people = [.. Enumerable.Range(0, _random.Next(1, 6)).Select(number => new Person(number))];
        _grace = _random.Next(3);
        _epochs = new EpochState[Epochs];
        long first = 1000;
        for (int epoch = 0; epoch < Epochs; epoch++)
        {
            long end = first + _random.Next(3, 7);
            _epochs[epoch] = new(new(epoch, first, end));
            first = end;
        }
    }

    public Balances Books { get; private set; }

    public BillNumbers Numbers { get; private set; }

    public int Bills { get; private set; }

    public int Adjustments { get; private set; }

    public static BillingHistory Run(int seed, int actions)
    {
        var history = new BillingHistory(seed);
        for (long slice = history._epochs[0].Slices.First; slice < history._epochs[^1].Slices.End + history._grace + 2; slice++)
            history.Live(slice, actions);
        history.Judge();
        return history;
    }

    private void Live(long slice, int actions)
    {
        EpochState? current = Array.Find(_epochs, epoch => epoch.Slices.Holds(slice));
        if (current is not null && slice == current.Slices.First) Begin(current);
        else if (_random.Next(4) == 0) _version++;

        foreach (EpochState epoch in _epochs)
        {
            if (slice == epoch.Slices.End + _grace) Close(epoch);
        }

        foreach (Person person in _people.Where(person => person.Enrolled)) _biller.Enrolled.Add((person.Number, slice));
        for (int action = 0; action < actions; action++) Act(_people[_random.Next(_people.Length)], slice, current);
    }

    private void Begin(EpochState epoch)
    {
        if (_random.Next(2) == 0) _version++;
        epoch.Version = _version;
        epoch.Tariff = new()
        {
            FixedFee = _random.Next(0, 10_000),
            Rate = _random.Next(0, 500),
            ComfortPermille = _random.Next(3) == 0 ? _random.Next(0, 2500) : 1000,
            MeanBasis = (MeanBasis)_random.Next(2),
        };
        foreach (Person person in _people)
        {
            person.Usage[epoch.Slices.Number] = new(epoch.Slices);
            if (person.Enrolled) epoch.MemberSlices += person.Usage[epoch.Slices.Number].Enrol(epoch.Slices.First);
        }
    }

    private void Act(Person person, long slice, EpochState? current)
    {
        if (person.Exited) return;
        switch (_random.Next(16))
        {
            case 0 when !person.Enrolled && current is not null:
                person.Enrolled = true;
                current.MemberSlices += person.Usage[current.Slices.Number].Enrol(slice);
                _biller.Enrolled.Add((person.Number, slice));
                break;
            case 1 or 2 when person.Enrolled:
                Cancel(person, slice);
                break;
            case 3 when person.Enrolled && current is not null && _random.Next(3) == 0:
                Exit(person, slice, current);
                break;
            case < 7 when person.Enrolled:
                Report(person, slice);
                break;
            case < 14 when person.Enrolled:
                Admit(person, slice);
                break;
            default:
                if (person.Enrolled && _random.Next(2) == 0) HandIn(person);
                break;
        }

        if (_random.Next(4) == 0) person.Restart();
    }

    private int Multiplier() => Multipliers[_random.Next(Multipliers.Length)];

    private void Admit(Person person, long slice)
    {
        var covered = new Covered(_random.Next(3), _random.Next(3), _random.Next(4), _random.Next(3), _random.Next(5));
        Admitted admitted = Facts.Admitted(slice, covered, Multiplier(), _version);
        foreach (EpochUsage usage in person.Open) usage.Add(admitted);
        string units = new string('e', (int)covered.Exempt) + new string('r', (int)covered.Reserved) + new string('b', (int)covered.Baseline)
            + new string('k', (int)covered.Banked) + new string('s', (int)covered.Surged);
        var use = new IndependentBiller.Use(person.Number, slice, units, admitted.MultiplierPermille, _version);
        _biller.Uses.Add(use);
        person.Admissions.Add((admitted, use));
    }

    private void Cancel(Person person, long slice)
    {
        var open = person.Admissions.Where(sent => person.Open.Any(usage => usage.Epoch.Holds(sent.Admitted.Slice)) && sent.Use.Units.Length > 0).ToArray();
        if (open.Length == 0) return;
        (Admitted admitted, IndependentBiller.Use use) = open[_random.Next(open.Length)];
        int back = _random.Next(1, use.Units.Length + 1);
        long before = admitted.Units - use.Units.Length;
        foreach (EpochUsage usage in person.Open) usage.Add(Facts.Cancelled(admitted, slice, before, before + back), admitted);
        use.Units = use.Units[..^back];
    }

    private void Report(Person person, long slice)
    {
        long[] slices = [.. Enumerable.Range(0, 8).Select(ago => slice - ago).Where(at => _biller.Enrolled.Contains((person.Number, at))
            && _random.Next(3) == 0 && _epochs.Any(epoch => epoch.Slices.Holds(at))).Order()];
        if (slices.Length == 0) return;
        UsageReported report = Facts.Reported(_version, [.. slices.Select(at => new ReportedSlice(at, _random.Next(4), _random.Next(4), Multiplier()))]);
        foreach (EpochUsage usage in person.Open) usage.Add(report);
        foreach (EpochState epoch in _epochs.Where(epoch => epoch.IsClosed && slices.Any(epoch.Slices.Holds))) Rerate(person, epoch, report);
        foreach (ReportedSlice used in report.Slices.Where(used => !_epochs.Any(epoch => epoch.IsClosed && epoch.Slices.Holds(used.Slice)))) Note(person, used);
    }

    private void Note(Person person, ReportedSlice used) => _biller.Uses.Add(new(
        person.Number, used.Slice, new string('b', (int)used.BaselineUnits) + new string('s', (int)used.SurgedUnits), used.MultiplierPermille, _version));

    private void Rerate(Person person, EpochState epoch, UsageReported report)
    {
        List<IndependentBiller.Line> before = _biller.Lines(person.Number, epoch.Terms!);
        foreach (ReportedSlice used in report.Slices.Where(used => epoch.Slices.Holds(used.Slice))) Note(person, used);
        List<IndependentBiller.Line> after = _biller.Lines(person.Number, epoch.Terms!);

        Rerating rerating = RerateRule.Adjust(epoch.Frozen!, person.Rated[epoch.Slices.Number], MemberFigures.Late(report, epoch.Slices));
        person.Rated[epoch.Slices.Number] = rerating.Rated;
        foreach (AdjustmentLine line in rerating.Lines)
        {
            string kind = (line.After ?? line.Before)!.Kind.ToString();
            BigInteger AmountIn(List<IndependentBiller.Line> lines) => lines.Find(at => at.Kind == kind && at.Version == line.PolicyVersion)?.Amount ?? 0;
            Assert.Equal(AmountIn(after) - AmountIn(before), (BigInteger)line.Amount);
            Assert.Equal(epoch.Slices.Number, line.Epoch.Number);
            Adjustments++;
        }

        // Nothing that changed is without its adjustment.
        BigInteger Sum(List<IndependentBiller.Line> lines) => lines.Aggregate(BigInteger.Zero, (sum, line) => sum + line.Amount);
        Assert.Equal(Sum(after) - Sum(before), (BigInteger)rerating.Lines.Sum(line => line.Amount));
        person.HandedIn.AddRange(rerating.Lines);
        person.Late.AddRange(after.Select(line => (line.Above, line.Below)).Concat(before.Select(line => (-line.Above, line.Below))));
    }

    private void HandIn(Person person)
    {
        var epoch = new ClassEpoch(Facts.Homes, 0);
        (long units, int multiplier, long rate) = (_random.Next(1, 50), 1000 + _random.Next(2000), _random.Next(1, 30));
        switch (_random.Next(3))
        {
            case 0:
                person.HandedIn.Add(new ReservationLine { Epoch = epoch, PolicyVersion = 1, SlotStart = default, Seconds = 1, UnitsPerSecond = units, UnitPrice = rate });
                person.Late.Add((rate * units, 1));
                break;
            case 1:
                person.HandedIn.Add(new BeyondLine { Epoch = epoch, PolicyVersion = 1, Rate = rate, Units = units, MultiplierPermille = multiplier });
                person.Late.Add((rate * units * (multiplier - 1000), 1000));
                break;
            default:
                var wanted = new CreditLine { Epoch = epoch, PolicyVersion = 1, Source = (CreditSource)_random.Next(1, 4), Credit = units, Reason = "as agreed" };
                CreditAnswer answer = CreditRule.Decide(Books, person.Id, wanted);
                if (answer.Outcome != CreditOutcome.Posted) break;
                person.HandedIn.Add(answer.Line!);
                Post(answer.Entry!);
                break;
        }
    }
}
