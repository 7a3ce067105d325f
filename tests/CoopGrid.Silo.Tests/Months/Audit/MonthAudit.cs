using System.Globalization;
using System.Numerics;
using CoopGrid.Domain.Tests.Billing;
using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.Months.Audit;

/// <summary>Holds every bill of a grid against the independent biller's, line for line, and the books against their sum.</summary>
internal sealed class MonthAudit(MonthGrid grid, ExportedLedger ledger, ExportedSlots slots)
{
    public const long WeekMs = 604_800_000;

    // The first Monday after 1970-01-01, which was a Thursday.
    private const long MondayMs = 345_600_000;

    private readonly List<long> _numbers = [];
    private BigInteger _revenue;
    private BigInteger _rounding;

    /// <summary>Lines that were compared, by kind, without those of 0; and bills of who has left.</summary>
    public Dictionary<string, int> Lines { get; } = [];

    /// <summary>Versions of policies that lines cite, of all classes.</summary>
    public HashSet<(string Class, int Version)> Versions { get; } = [];

    /// <summary>Units that decayed into the commons.</summary>
    public long Decayed { get; private set; }

    /// <summary>The start of the week that a moment is in.</summary>
    public static long WeekOf(long unixMs) => unixMs - ((unixMs - MondayMs) % WeekMs);

    /// <summary>Checks all epochs of a class from the first one that it billed to one that is closed, and who left since.</summary>
    public async Task CheckClassAsync(string name, long lastEpoch)
    {
        MonthClass @class = await MonthClass.ReadAsync(grid, ledger, slots, name, lastEpoch);
        foreach (MonthEpoch epoch in @class.Epochs.Values) CheckBills(@class, epoch);
        await CheckBanksAsync(@class);
        foreach (MonthEpoch epoch in @class.Epochs.Values.Where(epoch => epoch.IsClosed)) await CheckLateAsync(@class, epoch.Number);
    }

    /// <summary>Σ bills + rounding = the revenue account; numbers without gaps.</summary>
    public async Task CheckBooksAsync()
    {
        Assert.Equal(Enumerable.Range(1, _numbers.Count).Select(number => (long)number), _numbers.Order());
        BalancesReply balances = await grid.Answered("the books", door => door.Billing.GetBalancesAsync(new() { Coop = Charters.Coop }).ResponseAsync);
        Assert.Equal(_revenue, Whole(balances.RevenueMicroCredits));
        Assert.Equal(_rounding, -Whole(balances.RoundingMicroCredits));
        Assert.Equal(_revenue - _rounding, -Whole(balances.MembersMicroCredits));
    }

    private void CheckBills(MonthClass @class, MonthEpoch epoch)
    {
        Assert.Equal(@class.BilledIn(epoch).Order(), epoch.Bills.Keys.Order());
        var together = new PlainSum();
        BigInteger charges = 0, final = 0;
        foreach (Bill bill in epoch.Bills.Values)
        {
            // A final bill closes its own books.
            PlainSum revenue = @class.IsFinal(bill) ? new() : together;
            BigInteger own = Compare(bill, @class.LinesOf(bill), revenue);
            if (revenue == together)
            {
                charges += own;
                continue;
            }

            Count("Final");
            final += revenue.Rounded;
            _rounding += revenue.Rounded - own;
        }

        _revenue += together.Rounded + final;
        _rounding += together.Rounded - charges;
        if (epoch.Closing is not { } closing) return;
        Assert.Equal((epoch.Number, together.Rounded + final), (epoch.Number, Whole(closing.RevenueMicroCredits)));
        Assert.Equal((epoch.Number, together.Rounded - charges), (epoch.Number, closing.RoundingMicroCredits));
    }

    /// <summary>Each line of a bill, and what it comes to.</summary>
    private BigInteger Compare(Bill bill, List<ExpectedLine> expected, PlainSum revenue)
    {
        var lines = bill.Lines.Select(line => (line.Epoch, Kind: line.Kind.ToString(), line.PolicyVersion, Amount: (BigInteger)line.AmountMicroCredits)).ToList();
        Assert.Equal(lines.Select(line => MonthClass.RankOf(line.Kind)).Order(), lines.Select(line => MonthClass.RankOf(line.Kind)));
        Assert.Equal(
            expected.Select(line => (line.Epoch, line.Line.Kind, line.Line.Version, line.Line.Amount)).OrderBy(Place).Select(line => (bill.Member, bill.Epoch, line)),
            lines.OrderBy(Place).Select(line => (bill.Member, bill.Epoch, line)));
        Assert.All(bill.Lines, line => Assert.Equal((bill.Member, line, StatedAmount.Of(line)), (bill.Member, line, line.AmountMicroCredits)));
        BigInteger charges = expected.Aggregate(BigInteger.Zero, (sum, line) => sum + line.Line.Amount);
        Assert.Equal((charges, charges), (bill.ChargesMicroCredits, bill.TotalMicroCredits));
        foreach (IndependentBiller.Line line in expected.Select(line => line.Line))
        {
            revenue.Add(line.Above, line.Below);
            if (line.Amount != 0) Count(line.Kind);
        }

        Versions.UnionWith(bill.Lines.Select(line => (bill.Class, line.PolicyVersion)));
        _numbers.Add(bill.Number);
        return charges;

        // Corrections stand in the order in which they were handed in, which nobody is told: they are compared by what they are.
        static (int, long, int, BigInteger) Place((long Epoch, string Kind, int Version, BigInteger Amount) line) =>
            line.Kind == "Adjustment" ? (MonthClass.RankOf(line.Kind), line.Epoch, line.Version, line.Amount) : (MonthClass.RankOf(line.Kind), 0, 0, 0);
    }

    /// <summary>What banks saved, spent and lost, by the ledger, the published terms and the price's rows.</summary>
    private async Task CheckBanksAsync(MonthClass @class)
    {
        Dictionary<long, int> prices = await PricesAsync(@class.Name);
        HashSet<long> starts = [.. @class.Epochs.Values.Skip(1).Select(epoch => epoch.First)];
        Dictionary<long, long> decays = [];
        BankTerms? terms = @class.Epochs.Values.First().Terms.Bank;
        foreach ((string member, (int number, string own)) in ledger.Members)
        {
            if (own != @class.Name || terms is null) continue;
            long enrolled = ledger.BillerOf(own).Enrolled.Where(at => at.Member == number).Min(at => at.Slice);
            var bank = new ExportedBank(member, terms, enrolled, slice => prices.GetValueOrDefault(slice, 1000) <= 1000, starts.Contains);
            foreach (BankStep step in ledger.Banks[member]) bank.Take(step);
            long left = ledger.Left.TryGetValue(member, out LeftMember? leaving) ? leaving.Epoch : long.MaxValue;
            foreach (MonthEpoch epoch in @class.Epochs.Values.Where(epoch => epoch.IsClosed && epoch.Number < left))
            {
                bank.Advance(epoch.End - 1);
                decays[epoch.Number] = decays.GetValueOrDefault(epoch.Number) + bank.Decays.GetValueOrDefault(epoch.End - 1);
            }
        }

        foreach (MonthEpoch epoch in @class.Epochs.Values)
        {
            if (epoch.Closing is not { } closing) continue;
            Decayed += decays.GetValueOrDefault(epoch.Number);
            long commons = decays.Where(decay => decay.Key <= epoch.Number).Sum(decay => decay.Value);
            Assert.Equal((epoch.Number, decays.GetValueOrDefault(epoch.Number), commons), (epoch.Number, closing.DecayedUnits, closing.CommonsUnits));
        }

        // What was used before the first row has no price.
        if (@class.Name != MonthCharter.Homes) return;
        long first = prices.Keys.Min();
        foreach (IndependentBiller.Use use in ledger.BillerOf(@class.Name).Uses.Concat(ledger.Late.SelectMany(late => late.Uses)))
            Assert.Equal((use.Slice, use.Slice < first ? 1000 : prices[use.Slice]), (use.Slice, use.Multiplier));
    }

    // A period's end value prices the next one.
    private async Task<Dictionary<long, int>> PricesAsync(string @class)
    {
        Dictionary<long, int> prices = [];
        await grid.Answered("the price's history", async door =>
        {
            using AsyncServerStreamingCall<PricePeriod> call = door.Classes.GetPriceHistory(new() { Coop = Charters.Coop, Class = @class });
            await foreach (PricePeriod row in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
            {
                for (long period = row.Period + 1; period <= row.Period + row.Count; period++) prices[period] = row.MultiplierPermille;
            }

            return prices;
        });
        return prices;
    }

    // What is told of late units the class counts as it hears of them.
    private async Task CheckLateAsync(MonthClass @class, long epoch)
    {
        ClosingReply? closing = null;
        long expected = @class.LateUnits.GetValueOrDefault(epoch);
        var request = new GetClosingRequest { Coop = Charters.Coop, Class = @class.Name, Epoch = epoch };
        await Until.True(
            async () => (closing = await grid.Answered($"epoch {epoch}", door => door.Billing.GetClosingAsync(request).ResponseAsync)).LateUnits == expected,
            () => $"{expected} late units in epoch {epoch} of {@class.Name}; it is {closing}");
    }

    private void Count(string kind) => Lines[kind] = Lines.GetValueOrDefault(kind) + 1;

    private static BigInteger Whole(string text) => BigInteger.Parse(text, CultureInfo.InvariantCulture);
}
