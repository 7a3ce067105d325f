using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.BadInput;

/// <summary>A member's projected bill, over gRPC.</summary>
[Collection(QuietSiloCollection.Name)]
public sealed class ProjectedBillTests(QuietSilo silo)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>12 units at ×1.5, 10 of them within the baseline: 2 are surged. The lines can be computed again from what is in them.</summary>
    [Fact]
    public async Task It_has_the_lines_of_the_formula_with_all_they_are_computed_from()
    {
        string member = await silo.NewMember(QuietSilo.People);
        Assert.Equal(Outcome.Admitted, (await silo.Admit(QuietSilo.Ask(member, units: 12))).Outcome);
        Bill bill = await silo.Clients.Billing.GetProjectedBillAsync(new() { Coop = Charters.Coop, Member = member }, cancellationToken: Stop);
        Assert.Equal((0, Charters.Coop, member, QuietSilo.People), (bill.Number, bill.Coop, bill.Member, bill.Class));
        Assert.InRange(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), bill.StartUnixMs, bill.EndUnixMs);
        Assert.Equal([BillLineKind.Fixed, BillLineKind.Overage, BillLineKind.Surcharge], bill.Lines.Select(line => line.Kind));
        Assert.All(bill.Lines, line => Assert.Equal((bill.Epoch, 1), (line.Epoch, line.PolicyVersion)));

        Overage overage = bill.Lines[1].Overage;
        Assert.Equal(12, overage.Units);
        Assert.True(overage.MeanUsageUnits >= 12 && overage.MeanMemberSlices >= overage.EnrolledSlices);
        Assert.Equal(new SurgedUnits { MultiplierPermille = 1500, Units = 2 }, Assert.Single(bill.Lines[2].Surcharge.Surged));
        Assert.Equal((bill.Lines.Sum(line => line.AmountMicroCredits), bill.TotalMicroCredits), (bill.TotalMicroCredits, bill.ChargesMicroCredits));
    }

    [Theory]
    [InlineData("elsewhere", "ann", StatusCode.NotFound)]
    [InlineData(Charters.Coop, "nobody at all", StatusCode.NotFound)]
    [InlineData(Charters.Coop, "", StatusCode.InvalidArgument)]
    public async Task Nobody_has_no_bill(string coop, string member, StatusCode expected) =>
        await QuietSilo.Fails(expected, silo.Clients.Billing.GetProjectedBillAsync(new() { Coop = coop, Member = member }, cancellationToken: Stop));
}
