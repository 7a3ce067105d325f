using System.Globalization;
using System.Numerics;
using System.Text.Json;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Exports;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Billing.Exports;

/// <summary>Bills as JSON and as rows of FOCUS; the numbers are FocusRows' rules.</summary>
public sealed class ExportTests
{
    private static readonly TariffPolicy Tariff = new() { FixedFee = 25_000_000, Rate = 375 };

    private static readonly BillHeading Heading = new()
    {
        CoopName = "Valley, \"the\" co-op",
        Currency = "credit",
        SpanOf = epoch => new(epoch.Number, Instant.FromUnixMs(epoch.Number * 1000), Instant.FromUnixMs((epoch.Number + 1) * 1000)),
    };

    [Theory]
    [InlineData(0, "0.000000")]
    [InlineData(1, "0.000001")]
    [InlineData(-1, "-0.000001")]
    [InlineData(1_500_000, "1.500000")]
    [InlineData(-25_000_375, "-25.000375")]
    [InlineData(long.MaxValue, "9223372036854.775807")]
    [InlineData(long.MinValue, "-9223372036854.775808")]
    public void Money_is_exact_text(long microCredits, string expected) => Assert.Equal(expected, MicroCredits.Text(microCredits));

    [Fact]
    public void Money_reads_back() => Gen.Long.Sample(
        amount => Assert.Equal(amount, decimal.Parse(MicroCredits.Text(amount), CultureInfo.InvariantCulture) * 1_000_000), iter: 2000);

    /// <summary>RFC 4180. Seen to fail without the doubling of quotes.</summary>
    [Theory]
    [InlineData("a|b", "a,b\r\n")]
    [InlineData("|b|", ",b,\r\n")]
    [InlineData("a,b|c", "\"a,b\",c\r\n")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"\r\n")]
    [InlineData("two\nlines|x", "\"two\nlines\",x\r\n")]
    public void Fields_are_quoted_where_they_must_be(string fields, string expected) => Assert.Equal(expected, Csv.Record(fields.Split('|')));

    /// <summary>Rules 1 to 4, over a bill with a line of every kind.</summary>
    [Fact]
    public void A_bill_is_rows_of_FOCUS()
    {
        Bill bill = Full();
        List<Dictionary<string, string>> rows = [.. FocusRows.Of(bill, Heading).Select(row => FocusRows.Columns.Zip(row).ToDictionary())];
        Assert.Equal(
            ["Purchase", "Usage", "Usage", "Purchase", "Usage", "Usage", "Usage", "Credit"], rows.Select(row => row["ChargeCategory"]));
        Assert.All(rows, row => Assert.Equal(row["BilledCost"], row["EffectiveCost"]));
        decimal sum = rows.Sum(row => decimal.Parse(row["BilledCost"], CultureInfo.InvariantCulture));
        Assert.Equal(bill.Total + 400, sum * 1_000_000);

        Assert.Equal(2, rows.Count(row => row["ChargeClass"] == "Correction"));
        Assert.All(rows, row => Assert.Equal(
            row["ChargeClass"] == "Correction" ? ("1970-01-01T00:00:05Z", "1970-01-01T00:00:07Z") : ("1970-01-01T00:00:07Z", "1970-01-01T00:00:07Z"),
            (row["ChargePeriodStart"], row["BillingPeriodStart"])));
        Assert.Equal(("12", "Units", "valley/homes/Surcharge/v2"), (rows[2]["ConsumedQuantity"], rows[2]["ConsumedUnit"], rows[2]["SkuId"]));
        Assert.Equal(("27", "valley/homes/1970-01-01T00:00:07Z"), (rows[3]["PricingQuantity"], rows[3]["CapacityReservationId"]));
        Assert.All(rows, row => Assert.Equal((row != rows[3], ""), (row["CapacityReservationId"].Length == 0, row["CapacityReservationStatus"])));
        Assert.Equal(("", "10", "Slices"), (rows[0]["ConsumedQuantity"], rows[0]["PricingQuantity"], rows[0]["PricingUnit"]));
        Assert.StartsWith("BilledCost,BillingAccountId,", FocusRows.Write(bill, Heading), StringComparison.Ordinal);
        Assert.Equal(9, FocusRows.Write(bill, Heading).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
    }

    /// <summary>The mandatory columns of version 1.2, and those of who sells reservations, as its specification lists them.</summary>
    [Fact]
    public void No_mandatory_column_is_missing()
    {
        string[] mandatory =
        [
            "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "CapacityReservationId",
            "CapacityReservationStatus", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost",
            "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName",
        ];
        Assert.Empty(mandatory.Except(FocusRows.Columns));
        Assert.Equal(FocusRows.Columns.Distinct().Count(), FocusRows.Columns.Length);
    }

    /// <summary>Rule 1: who used nothing consumed nothing.</summary>
    [Fact]
    public void An_overage_of_no_use_has_no_row()
    {
        Bill bill = BillRule.Project(Facts.Member("alice"), Facts.Figures(60, 30, 10, Tariff), Facts.Used(0, 10), []);
        Assert.Single(FocusRows.Of(bill, Heading));
    }

    /// <summary>From the JSON alone every amount is computed again, nested ones of adjustments too.</summary>
    [Fact]
    public void A_bill_in_JSON_can_be_recomputed()
    {
        Bill bill = Full();
        using JsonDocument json = JsonDocument.Parse(BillJson.Write(bill, Heading));
        JsonElement root = json.RootElement;
        Assert.Equal(("alice", 12, false), (root.GetProperty("member").GetString(), root.GetProperty("number").GetInt32(), root.GetProperty("projected").GetBoolean()));
        Assert.Equal(MicroCredits.Text(bill.Total), root.GetProperty("total").GetString());
        BigInteger sum = 0;
        foreach (JsonElement line in root.GetProperty("lines").EnumerateArray())
        {
            Assert.Equal(Number(line, "amountMicroCredits"), Recomputed(line));
            sum += Number(line, "amountMicroCredits");
        }

        Assert.Equal(Number(root, "totalMicroCredits"), sum);
    }

    private static BigInteger Recomputed(JsonElement line)
    {
        BigInteger N(string name) => Number(line, name);
        switch (line.GetProperty("kind").GetString())
        {
            case "fixed":
                return IndependentBiller.Round(N("fixedFee") * N("enrolledSlices"), N("slices"));
            case "overage":
                BigInteger scale = 1000 * N("classMemberSlices");
                BigInteger above = (scale * N("units")) - (N("comfortPermille") * N("classUnits") * N("enrolledSlices"));
                return IndependentBiller.Round(N("rate") * BigInteger.Max(0, above), scale);
            case "surcharge":
                BigInteger weighted = 0;
                foreach (JsonElement group in line.GetProperty("surged").EnumerateArray()) weighted += Number(group, "units") * (Number(group, "multiplierPermille") - 1000);
                return IndependentBiller.Round(N("rate") * weighted, 1000);
            case "adjustment":
                return Nested(line, "after") - Nested(line, "before");
            case "credit":
                return N("amountMicroCredits");
            case "reservation":
                return N("unitsPerSecond") * N("seconds") * N("unitPrice");
            case "reservationOverage":
                return IndependentBiller.Round(N("rate") * N("units") * (N("multiplierPermille") - 1000), 1000);
            default:
                throw new InvalidOperationException($"A line of an unknown kind: {line}");
        }
    }

    private static BigInteger Nested(JsonElement line, string name) =>
        line.GetProperty(name) is { ValueKind: JsonValueKind.Object } nested ? Recomputed(nested) : 0;

    private static BigInteger Number(JsonElement line, string name) => BigInteger.Parse(line.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    private static Bill Full()
    {
        var epoch = new ClassEpoch(Facts.Homes, 7);
        Rerating late = RerateRule.Adjust(Facts.Figures(100, 100, 10, Tariff, epoch: 5), Facts.Used(20, 10), Facts.Used(9, 0, new SurgedUnits(1, 1300, 4)));
        BillLine[] handedIn =
        [
            .. late.Lines,
            new ReservationLine { Epoch = epoch, PolicyVersion = 2, SlotStart = Instant.FromUnixMs(7000), Seconds = 3, UnitsPerSecond = 9, UnitPrice = 70 },
            new BeyondLine { Epoch = epoch, PolicyVersion = 2, Rate = 375, Units = 5, MultiplierPermille = 1501 },
            new CreditLine { Epoch = epoch, PolicyVersion = 2, Source = CreditSource.Payment, Credit = 400, Reason = "transfer" },
            new CreditLine { Epoch = epoch, PolicyVersion = 2, Source = CreditSource.Refund, Credit = 33, Reason = "an outage, \"long\"" },
        ];
        MemberFigures used = Facts.Used(20, 10, new(2, 1500, 7), new(2, 2333, 5));
        return BillRule.Project(Facts.Member("alice"), Facts.Figures(100, 100, 10, Tariff), used, [.. handedIn]) with { Number = 12 };
    }
}
