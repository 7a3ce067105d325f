using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Billing.Epochs;

/// <summary>What a projected bill is rated on; the numbers are ProjectionRule's rules.</summary>
public sealed class ProjectionRuleTests
{
    private static readonly EpochSlices Epoch = new(10, 100, 110);
    private static readonly TariffPolicy Tariff = new() { FixedFee = 1000, Rate = 3 };

    /// <summary>Rule 1: of two members one has used 9 units in three slices; the mean so far is 6.</summary>
    [Fact]
    public void It_is_as_if_the_epoch_ended_with_the_running_slice()
    {
        Projection projection = ProjectionRule.Of(Facts.Figures(12, 20, 10, Tariff, epoch: 10), Epoch, 2, Used(9), 102)!;
        Assert.Equal((12, 6, 3), (projection.Class.Usage, projection.Class.MemberSlices, projection.Class.Slices));
        Assert.Equal(Facts.Used(9, 3), projection.Member);
        Bill bill = BillRule.Project(Facts.Member("a"), projection.Class, projection.Member, []);
        Assert.Equal([1000, 9], bill.Lines.Select(line => line.Amount));
    }

    /// <summary>Rule 1: who asks in a slice that the class has not heard of is answered for the epoch that was heard.</summary>
    [Theory]
    [InlineData(90, 1)]
    [InlineData(109, 10)]
    [InlineData(150, 10)]
    public void It_stays_within_the_epoch_that_was_heard(long running, long slices) =>
        Assert.Equal(slices, ProjectionRule.Of(Facts.Figures(12, 20, 10, Tariff, epoch: 10), Epoch, 2, Used(9), running)!.Class.Slices);

    /// <summary>Rule 2: a class that has not heard of its only member yet. Seen to fail (the bill cannot be made) without the rule.</summary>
    [Fact]
    public void What_the_class_has_not_heard_is_not_missing()
    {
        Projection projection = ProjectionRule.Of(Facts.Figures(0, 0, 10, Tariff, epoch: 10), Epoch, 0, Used(9), 102)!;
        Assert.Equal((9, 3), (projection.Class.Usage, projection.Class.MemberSlices));
        Assert.Equal(1000, BillRule.Project(Facts.Member("a"), projection.Class, projection.Member, []).Total);
    }

    private static MemberAccount Used(long units)
    {
        var account = new MemberAccount();
        account.Apply(new Enrolled(1, default, 80, 1, "homes", 50));
        account.Apply(new EpochBegan(2, default, 100, 1, Epoch, 0));
        account.Apply(new Admitted(3, default, 100, 1, "k", 0, "standard", 1000, new(0, 0, units, 0, 0), 0, 0, 0, "relay"));
        return account;
    }
}
