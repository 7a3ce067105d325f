using System.Numerics;
using CoopGrid.Domain.Tests.Billing;
using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Months.Audit;

/// <summary>A line that must be on a bill.</summary>
/// <param name="Epoch">The epoch whose rules it goes by.</param>
internal sealed record ExpectedLine(long Epoch, IndependentBiller.Line Line);

/// <summary>
/// One class's epochs and bills, and which lines must be on which: those of the formula; what slots cost; what came late, rated against what was billed and what came
/// late before.
/// </summary>
internal sealed class MonthClass
{
    private static readonly string[] Kinds = ["Fixed", "Overage", "Surcharge", "Reservation", "ReservationOverage", "Adjustment"];

    private readonly ExportedLedger _ledger;
    private readonly List<PublishedTerms> _versions;
    private readonly IndependentBiller _biller;
    private readonly SortedDictionary<long, MonthEpoch> _epochs = [];
    private readonly Dictionary<long, List<ExpectedLine>> _placed = [];

    private MonthClass(string name, ExportedLedger ledger, List<PublishedTerms> versions) =>
        (Name, _ledger, _versions, _biller) = (name, ledger, versions, ledger.BillerOf(name));

    public string Name { get; }

    /// <summary>By number. The last one runs: only who has left has a bill of it.</summary>
    public IReadOnlyDictionary<long, MonthEpoch> Epochs => _epochs;

    /// <summary>The running epoch's number.</summary>
    public long Running => _epochs.Keys.Last();

    /// <summary>Units that came late, by the epoch that they were used in.</summary>
    public Dictionary<long, long> LateUnits { get; } = [];

    /// <param name="last">The last epoch that is closed.</param>
    public static async Task<MonthClass> ReadAsync(MonthGrid grid, ExportedLedger ledger, ExportedSlots slots, string name, long last)
    {
        var @class = new MonthClass(name, ledger, await PublishedTerms.ReadAsync(grid, name));
        ListBillsReply all = await grid.Answered("bills", door => door.Billing.ListBillsAsync(new() { Coop = Charters.Coop, Limit = 1000 }).ResponseAsync);
        Assert.Empty(all.Next);
        for (long number = all.Bills.Where(bill => bill.Class == name).Min(bill => bill.Epoch); number <= last + 1; number++)
            await @class.ReadEpochAsync(grid, number, isClosed: number <= last);
        foreach (SlotCost cost in slots.Costs.Where(cost => cost.Class == name)) @class.Place(cost);
        IEnumerable<LateUses> own = ledger.Late.Where(late => ledger.Members[late.Member].Class == name);
        foreach (IGrouping<string, LateUses> late in own.GroupBy(late => late.Member)) @class.Place([.. late]);
        return @class;
    }

    /// <summary>Whether it is the final bill of a member that left.</summary>
    public bool IsFinal(Bill bill) => _ledger.Left.TryGetValue(bill.Member, out LeftMember? left) && left.Epoch == bill.Epoch;

    /// <summary>Everybody who must have a bill of an epoch.</summary>
    public IEnumerable<string> BilledIn(MonthEpoch epoch) => _ledger.Members
        .Where(member => member.Value.Class == Name && _biller.Enrolled.Any(at => at.Member == member.Value.Number && at.Slice >= epoch.First && at.Slice < epoch.End))
        .Select(member => member.Key)
        .Where(member => epoch.IsClosed || (_ledger.Left.TryGetValue(member, out LeftMember? left) && left.Epoch == epoch.Number));

    /// <summary>All lines of a bill, in their order.</summary>
    public List<ExpectedLine> LinesOf(Bill bill)
    {
        IndependentBiller.Terms terms = TermsOf(bill.Member, bill.Epoch);
        IEnumerable<ExpectedLine> formula = _biller.Lines(_ledger.Members[bill.Member].Number, terms).Select(line => new ExpectedLine(bill.Epoch, line));
        return [.. formula.Concat(_placed.GetValueOrDefault(bill.Number) ?? []).OrderBy(line => RankOf(line.Line.Kind))];
    }

    public static int RankOf(string kind) => Array.IndexOf(Kinds, kind);

    private async Task ReadEpochAsync(MonthGrid grid, long number, bool isClosed)
    {
        MonthEpoch? previous = _epochs.GetValueOrDefault(number - 1);
        ClosingReply? closing = isClosed
            ? await grid.Answered($"epoch {number}", door => door.Billing.GetClosingAsync(new() { Coop = Charters.Coop, Class = Name, Epoch = number }).ResponseAsync)
            : null;
        long startMs = closing?.StartUnixMs ?? previous!.StartMs + MonthAudit.WeekMs;
        (long first, long end) = (startMs / MonthCharter.SliceMs, (startMs + MonthAudit.WeekMs) / MonthCharter.SliceMs);
        Assert.Equal((number, MonthAudit.WeekOf(startMs), previous?.End ?? first), (number, startMs, first));
        var epoch = new MonthEpoch(
            number, startMs, first, end, _biller.S(first, end), _biller.M(first, end), closing, await BillsAsync(grid, number), PublishedTerms.At(_versions, startMs));
        if (closing is not null)
        {
            Assert.Equal((ClosingState.Closed, startMs + MonthAudit.WeekMs), (closing.State, closing.EndUnixMs));
            Assert.Equal((number, epoch.S, epoch.M), (number, closing.UsageUnits, closing.MemberSlices));
        }

        _epochs.Add(number, epoch);
    }

    private async Task<Dictionary<string, Bill>> BillsAsync(MonthGrid grid, long epoch)
    {
        List<Bill> bills = [];
        var request = new ListBillsRequest { Coop = Charters.Coop, Class = Name, Epoch = epoch, Limit = 7 };
        do
        {
            ListBillsReply page = await grid.Answered("bills", door => door.Billing.ListBillsAsync(request).ResponseAsync);
            bills.AddRange(page.Bills);
            request.After = page.Next;
        }
        while (request.After.Length > 0);
        return bills.ToDictionary(bill => bill.Member);
    }

    private IndependentBiller.Terms TermsOf(string member, long number)
    {
        MonthEpoch epoch = _epochs[number];
        if (_ledger.Left.TryGetValue(member, out LeftMember? left) && left.Epoch == number) return FinalTermsOf(member, left, epoch);
        bool byPrevious = epoch.Terms.ByPrevious && _epochs.TryGetValue(number - 1, out MonthEpoch? previous) && !previous.M.IsZero;
        MonthEpoch mean = byPrevious ? _epochs[number - 1] : epoch;
        return new(epoch.First, epoch.End, epoch.Terms.Version, epoch.Terms.Fee, epoch.Terms.Rate, epoch.Terms.Comfort, mean.S, mean.M);
    }

    // S and M so far are as the class was last heard of: they are told by the member's last entry alone. All else is as published.
    private IndependentBiller.Terms FinalTermsOf(string member, LeftMember left, MonthEpoch epoch)
    {
        PublishedTerms terms = epoch.Terms;
        Assert.Equal((member, epoch.First, epoch.End), (member, left.First, left.End));
        Assert.Equal(
            (member, terms.Version, terms.Fee, terms.Rate, terms.Comfort, terms.ByPrevious), (member, left.Version, left.Fee, left.Rate, left.Comfort, left.ByPrevious));
        int number = _ledger.Members[member].Number;
        BigInteger own = _biller.Enrolled.Count(at => at.Member == number && at.Slice >= left.First && at.Slice < left.End);
        BigInteger used = _biller.Uses
            .Where(use => use.Member == number && use.Slice >= left.First && use.Slice < left.End)
            .Sum(use => use.Units.Count(unit => unit != 'r'));
        Assert.True(left.M >= own && left.M <= _ledger.Members.Count * (left.Slice + 1 - left.First), $"{member} left with an M of {left.M}; its own is {own}.");
        Assert.True(left.S >= used && left.S <= epoch.S + _ledger.ReturnedUnits, $"{member} left with an S of {left.S}; its own is {used}, and the epoch's {epoch.S}.");
        Assert.Equal((member, _epochs.ContainsKey(left.Epoch - 1)), (member, left.Previous is not null));
        if (left.Previous is { } previous && left.Slice > left.First + 24)
        {
            MonthEpoch before = _epochs[left.Epoch - 1];
            Assert.Equal((member, before.Number, before.M, before.S), (member, previous.Epoch, previous.M, previous.S));
        }

        (BigInteger s, BigInteger m) = left is { ByPrevious: true, Previous: { M.IsZero: false } mean } ? (mean.S, mean.M) : (left.S, left.M);
        return new(left.First, left.End, left.Version, left.Fee, left.Rate, left.Comfort, s, m);
    }

    // On the bill of the epoch that holds its start; of who leaves before that bill is made, on the final one, which is made first.
    private void Place(SlotCost cost)
    {
        MonthEpoch epoch = _epochs.Values.First(epoch => cost.StartsMs < epoch.StartMs + MonthAudit.WeekMs);
        var line = new ExpectedLine(epoch.Number, new("Reservation", cost.Version, cost.Charge, 1));
        if (BillOf(cost.Member, bill => bill.Epoch >= epoch.Number) is { } bill) Place(bill, line);
        else Assert.True(!epoch.IsClosed, $"{cost} is on no bill.");
    }

    // On the next bill; of who has left on the final one, which may be that of the epoch itself.
    private void Place(List<LateUses> late)
    {
        List<LateUses> before = [];
        foreach (LateUses uses in late)
        {
            LateUnits[uses.Epoch] = LateUnits.GetValueOrDefault(uses.Epoch) + uses.Uses.Sum(use => use.Units.Length);
            if (BillOf(uses.Member, bill => bill.Epoch > uses.Epoch || (bill.Epoch == uses.Epoch && IsFinal(bill))) is { } bill)
            {
                List<IndependentBiller.Line> corrections = _biller.Corrections(
                    _ledger.Members[uses.Member].Number,
                    TermsOf(uses.Member, uses.Epoch),
                    before.Where(other => other.Epoch == uses.Epoch).SelectMany(other => other.Uses),
                    uses.Uses);
                foreach (IndependentBiller.Line line in corrections) Place(bill, new(uses.Epoch, line));
            }
            else
            {
                Assert.True(uses.Epoch >= Running - 1, $"What {uses.Member} used late in epoch {uses.Epoch} is on no bill.");
            }

            before.Add(uses);
        }
    }

    private void Place(Bill bill, ExpectedLine line)
    {
        if (!_placed.TryGetValue(bill.Number, out List<ExpectedLine>? lines)) _placed[bill.Number] = lines = [];
        lines.Add(line);
    }

    // The first that was made of those that it may be on.
    private Bill? BillOf(string member, Func<Bill, bool> mayBe) => _epochs.Values
        .Select(epoch => epoch.Bills.GetValueOrDefault(member))
        .OfType<Bill>()
        .Where(mayBe)
        .MinBy(bill => bill.Number);
}

/// <summary>An epoch of a class.</summary>
/// <param name="S">By the ledger, as M.</param>
/// <param name="Closing">Null while it runs.</param>
/// <param name="Bills">By member.</param>
/// <param name="Terms">As published.</param>
internal sealed record MonthEpoch(
    long Number, long StartMs, long First, long End, BigInteger S, BigInteger M, ClosingReply? Closing, Dictionary<string, Bill> Bills, PublishedTerms Terms)
{
    public bool IsClosed => Closing is not null;
}
