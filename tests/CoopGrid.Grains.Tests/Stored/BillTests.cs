using System.Numerics;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Domain.Billing.Stored;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Stored;

/// <summary>Bills and books as they were first released: bills byte for byte, since they never change; books by name.</summary>
public sealed class BillTests
{
    private static readonly ClassEpoch May = new(new("isle", "homes"), 676);
    private static readonly ClassEpoch March = new(new("isle", "shops"), 674);
    private static readonly MemberId Ann = new("isle", "ann");

    private static readonly FixedLine Fee = new() { Epoch = May, PolicyVersion = 3, FixedFee = 25_000_000, EnrolledSlices = 700, Slices = 744 };

    private static readonly OverageLine Overage = new()
    {
        Epoch = May,
        PolicyVersion = 3,
        Rate = 500,
        ComfortPermille = 1100,
        Units = 2310,
        EnrolledSlices = 700,
        Mean = new(675, 180_000_000, 743_999_000),
    };

    private static readonly SurchargeLine Surcharge = new() { Epoch = May, PolicyVersion = 4, Rate = 500, Surged = [new(4, 1500, 120), new(4, 3750, 10)] };

    private static readonly Dictionary<string, BillLine[]> Examples = new()
    {
        ["usual"] = [Fee, Overage],
        ["surged"] = [Fee, Overage, Surcharge],
        ["handed-in"] =
        [
            Fee,
            new ChargeLine(BillLineKind.Reservation) { Epoch = May, PolicyVersion = 3, Units = 40, Description = "slot 8, für später", Charge = ExactAmount.Of(70) },
            new ChargeLine(BillLineKind.ReservationOverage)
            {
                Epoch = May,
                PolicyVersion = 3,
                Units = 5,
                MultiplierPermille = 1500,
                Description = "slot 8, beyond",
                Charge = new(-BigInteger.Pow(10, 22), 744_000),
            },
            new AdjustmentLine { Epoch = March, PolicyVersion = 2, LateUnits = -3, Before = Overage with { Epoch = March }, After = null },
            new AdjustmentLine { Epoch = March, PolicyVersion = 2, LateUnits = 3, Before = null, After = Surcharge with { Epoch = March } },
            new CreditLine { Epoch = May, PolicyVersion = 3, Source = CreditSource.Payment, Credit = 26_000_000, Reason = "transfer 9" },
        ],
        ["slots"] =
        [
            Fee,
            new ReservationLine
            {
                Epoch = May,
                PolicyVersion = 3,
                SlotStart = Instant.FromUnixMs(1_777_593_600_000),
                Seconds = 3600,
                UnitsPerSecond = 40,
                UnitPrice = 20,
            },
            new BeyondLine { Epoch = May, PolicyVersion = 3, Rate = 500, Units = 5, MultiplierPermille = 1500 },
        ],
        ["extremes"] = [Overage with { Rate = long.MaxValue, Units = 0, EnrolledSlices = long.MaxValue, PolicyVersion = int.MaxValue }],
        ["nothing"] = [],
    };

    private static readonly EpochBooks Books = new()
    {
        Epoch = May,
        Span = new(676, Instant.FromUnixMs(1_777_593_600_000), Instant.FromUnixMs(1_780_272_000_000)),
        Leavers = new(310, 1400, 52_000_001),
        Closing = new()
        {
            Figures = new()
            {
                Epoch = May,
                Usage = 180_000_000,
                MemberSlices = 743_999_000,
                Slices = 744,
                PolicyVersion = 3,
                Tariff = new() { FixedFee = 25_000_000, Rate = 500, ComfortPermille = 1100, MeanBasis = MeanBasis.PreviousEpoch, BaselineUnits = 50 },
                Previous = new(675, 170_000_000, 719_999_000),
            },
            Leavers = default,
            LastMember = "m000511",
            Bills = 498,
            Units = 89_000,
            MemberSlices = 370_512,
            Charges = Int128.Parse("170141183460469231731687303715884105727", null),
            Exact = new() { Parts = [new(BigInteger.Pow(10, 40), 744), new(-7, 1000)] },
        },
        CommonsPermille = 25,
        Walked = "m000515",
        Waiting = "Members billed and leavers make up less.",
        End = new(12_450_000_000, -3, 311_250_000),
    };

    public static TheoryData<string> Names => [.. Examples.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_bill_is_written_and_read_as_it_was_first_released(string name)
    {
        var bill = Bill.Of(Ann, May, [.. Examples[name]]);
        byte[] golden = Golden.Read("bills-v1.hex")[name];
        Assert.Equal(Convert.ToHexStringLower(golden), Convert.ToHexStringLower(BillCodec.Encode(bill)));
        Bill read = BillCodec.Decode(12, Ann, May, golden);
        Assert.Equal(bill.Lines, read.Lines);
        Assert.Equal((12, Ann, May, bill.Charges, bill.Total), (read.Number, read.Member, read.Epoch, read.Charges, read.Total));
    }

    [Fact]
    public void Every_kind_of_line_has_its_bytes() =>
        Assert.Equal(Enum.GetValues<BillLineKind>(), Examples.Values.SelectMany(lines => lines).Select(line => line.Kind).Distinct().Order());

    /// <summary>A line that waits names no epoch if it has none.</summary>
    [Fact]
    public void A_line_that_waits_for_its_bill_comes_back()
    {
        var credit = new CreditLine { Epoch = BillCodec.NoEpoch("isle"), PolicyVersion = 0, Source = CreditSource.Refund, Credit = 33, Reason = "an outage" };
        foreach (BillLine line in Examples["handed-in"].Concat(Examples["slots"]).Append(credit)) Assert.Equal(line, BillCodec.DecodeLine("isle", BillCodec.EncodeLine("isle", line)));
        Assert.Equal(Convert.ToHexStringLower(Golden.Read("bills-v1.hex")["waiting-credit"]), Convert.ToHexStringLower(BillCodec.EncodeLine("isle", credit)));
    }

    /// <summary>Whatever is cut off or follows, a bill is not read as another.</summary>
    [Fact]
    public void Damaged_bytes_are_refused()
    {
        foreach (string name in Examples.Keys)
        {
            byte[] golden = Golden.Read("bills-v1.hex")[name];
            for (int length = 0; length < golden.Length; length++) Assert.ThrowsAny<Exception>(() => BillCodec.Decode(1, Ann, May, golden.AsSpan(0, length)));
            Assert.Throws<FormatException>(() => BillCodec.Decode(1, Ann, May, [.. golden, 0]));
        }

        Assert.Throws<FormatException>(() => BillCodec.Decode(1, Ann, May, [2, 0]));
        Assert.Throws<FormatException>(() => BillCodec.Decode(1, Ann, May, [1, 2, 99, 0, 0]));
    }

    /// <summary>A million bills are 40 MB of lines.</summary>
    [Fact]
    public void A_usual_bill_is_small() => Assert.InRange(Golden.Read("bills-v1.hex")["usual"].Length, 1, 50);

    [Fact]
    public void Books_are_written_and_read_as_they_were_first_released()
    {
        const string golden =
            """
            {"start":1777593600000000,"end":1780272000000000,"leavers":{"units":310,"memberSlices":1400,"revenue":"52000001"},"closing":{"usage":180000000,"memberSlices":743999000,"slices":744,"policyVersion":3,"fixedFee":25000000,"rate":500,"comfortPermille":1100,"meanBasis":1,"baselineUnits":50,"previous":{"epoch":675,"usage":170000000,"memberSlices":719999000},"commonsPermille":25,"lastMember":"m000511","bills":498,"billedUnits":89000,"billedMemberSlices":370512,"charges":"170141183460469231731687303715884105727","exact":["10000000000000000000000000000000000000000/744","-7/1000"]},"walked":"m000515","waiting":"Members billed and leavers make up less.","ended":{"revenue":"12450000000","rounding":-3,"commonsShare":311250000}}
            """;
        Assert.Equal(golden, EpochBooksJson.Write(Books));
        Assert.Equal(Books, EpochBooksJson.Read(May, golden));
    }

    [Fact]
    public void Books_with_a_leaver_only_come_back()
    {
        EpochBooks books = new() { Epoch = May, Span = Books.Span, Leavers = new(1, 2, -3) };
        Assert.Equal(books, EpochBooksJson.Read(May, EpochBooksJson.Write(books)));
    }
}
