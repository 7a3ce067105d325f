using System.Globalization;
using System.Numerics;
using System.Text.Json;
using CoopGrid.Domain.Tests.Billing;
using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Months;

/// <summary>Holds every bill of a grid against the independent biller's, line for line, and the books against their sum.</summary>
internal sealed class MonthAudit(MonthGrid grid, ExportedLedger ledger)
{
    private const long WeekMs = 604_800_000;

    // The first Monday after 1970-01-01, which was a Thursday.
    private const long MondayMs = 345_600_000;

    private readonly List<long> _numbers = [];
    private BigInteger _revenue;
    private BigInteger _rounding;

    /// <summary>Lines that were compared, by kind.</summary>
    public Dictionary<string, int> Lines { get; } = [];

    /// <summary>The start of the week that a moment is in.</summary>
    public static long WeekOf(long unixMs) => unixMs - ((unixMs - MondayMs) % WeekMs);

    /// <summary>Checks all epochs of a class from the first one that it billed to one that is closed.</summary>
    public async Task CheckClassAsync(string @class, long lastEpoch)
    {
        List<Terms> versions = await VersionsAsync(@class);
        Epoch? previous = null;
        for (long number = await FirstEpochAsync(@class); number <= lastEpoch; number++) previous = await CheckEpochAsync(@class, number, versions, previous);
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

    private async Task<Epoch> CheckEpochAsync(string @class, long number, List<Terms> versions, Epoch? previous)
    {
        ClosingReply closing = await grid.Answered(
            $"epoch {number}", door => door.Billing.GetClosingAsync(new() { Coop = Charters.Coop, Class = @class, Epoch = number }).ResponseAsync);
        Assert.Equal((ClosingState.Closed, WeekOf(closing.StartUnixMs), closing.StartUnixMs + WeekMs), (closing.State, closing.StartUnixMs, closing.EndUnixMs));
        if (previous is not null) Assert.Equal(previous.StartMs + WeekMs, closing.StartUnixMs);

        IndependentBiller biller = ledger.BillerOf(@class);
        long first = closing.StartUnixMs / MonthCharter.SliceMs, end = closing.EndUnixMs / MonthCharter.SliceMs;
        var epoch = new Epoch(closing.StartUnixMs, biller.S(first, end), biller.M(first, end));
        Assert.Equal((epoch.S, epoch.M), (closing.UsageUnits, closing.MemberSlices));
        Terms terms = versions.Last(version => version.FromMs <= closing.StartUnixMs || version.Version == 1);
        (BigInteger s, BigInteger m) = terms.PreviousMean && previous is { M.IsZero: false } ? (previous.S, previous.M) : (epoch.S, epoch.M);
        var rated = new IndependentBiller.Terms(first, end, terms.Version, terms.Fee, terms.Rate, terms.Comfort, s, m);

        Dictionary<string, Bill> bills = (await BillsAsync(@class, number)).ToDictionary(bill => bill.Member);
        string[] members = [.. ledger.Members
            .Where(member => member.Value.Class == @class && biller.Enrolled.Any(at => at.Member == member.Value.Number && at.Slice >= first && at.Slice < end))
            .Select(member => member.Key)];
        Assert.Equal(members.Order(), bills.Keys.Order());
        var revenue = new PlainSum();
        BigInteger charges = 0;
        foreach (string member in members) charges += Compare(bills[member], biller.Lines(ledger.Members[member].Number, rated), revenue);

        Assert.Equal(revenue.Rounded, Whole(closing.RevenueMicroCredits));
        Assert.Equal(revenue.Rounded, charges + closing.RoundingMicroCredits);
        (_revenue, _rounding) = (_revenue + revenue.Rounded, _rounding + closing.RoundingMicroCredits);
        return epoch;
    }

    /// <summary>Each line of a bill, and what it comes to. Corrections of closed epochs have their place between surcharges and credits.</summary>
    private BigInteger Compare(Bill bill, List<IndependentBiller.Line> expected, PlainSum revenue)
    {
        Assert.Equal(
            expected.Select(line => (bill.Member, bill.Epoch, line.Kind, line.Version, line.Amount)),
            bill.Lines.Select(line => (bill.Member, bill.Epoch, line.Kind.ToString(), line.PolicyVersion, (BigInteger)line.AmountMicroCredits)));
        BigInteger charges = expected.Aggregate(BigInteger.Zero, (sum, line) => sum + line.Amount);
        Assert.Equal((charges, charges), (bill.ChargesMicroCredits, bill.TotalMicroCredits));
        foreach (IndependentBiller.Line line in expected)
        {
            revenue.Add(line.Above, line.Below);
            if (line.Amount != 0) Lines[line.Kind] = Lines.GetValueOrDefault(line.Kind) + 1;
        }

        _numbers.Add(bill.Number);
        return charges;
    }

    private async Task<long> FirstEpochAsync(string @class)
    {
        ListBillsReply bills = await grid.Answered("bills", door => door.Billing.ListBillsAsync(new() { Coop = Charters.Coop, Limit = 1000 }).ResponseAsync);
        return bills.Bills.Where(bill => bill.Class == @class).Min(bill => bill.Epoch);
    }

    private async Task<List<Bill>> BillsAsync(string @class, long epoch)
    {
        List<Bill> bills = [];
        var request = new ListBillsRequest { Coop = Charters.Coop, Class = @class, Epoch = epoch, Limit = 7 };
        do
        {
            ListBillsReply page = await grid.Answered("bills", door => door.Billing.ListBillsAsync(request).ResponseAsync);
            bills.AddRange(page.Bills);
            request.After = page.Next;
        }
        while (request.After.Length > 0);
        return bills;
    }

    private async Task<List<Terms>> VersionsAsync(string @class)
    {
        PolicyHistory history = await grid.Answered(
            "the policy's history", door => door.Governance.GetPolicyHistoryAsync(new() { Coop = Charters.Coop, Class = @class }).ResponseAsync);
        return [.. history.Versions.Select(version =>
        {
            using var policy = JsonDocument.Parse(version.PolicyJson);
            JsonElement tariff = policy.RootElement.GetProperty("tariff");
            return new Terms(
                version.Version, version.EffectiveUnixMs, Number(tariff, "fixedFee", 0), Number(tariff, "rate", 0), Number(tariff, "comfortPermille", 1000),
                tariff.TryGetProperty("meanBasis", out JsonElement basis) && basis.GetString() == "previousEpoch");
        })];
    }

    private static long Number(JsonElement from, string name, long ifMissing) => from.TryGetProperty(name, out JsonElement number) ? number.GetInt64() : ifMissing;

    private static BigInteger Whole(string text) => BigInteger.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Epoch(long StartMs, BigInteger S, BigInteger M);

    private sealed record Terms(int Version, long FromMs, long Fee, long Rate, long Comfort, bool PreviousMean);
}
