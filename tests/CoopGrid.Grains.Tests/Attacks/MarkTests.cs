using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Attacks;

/// <summary>A mark is a promise (L5a): a decision that was made before it must not add to an older slice after it.</summary>
public sealed class MarkTests
{
    [Fact]
    public async Task After_a_mark_only_cancels_reach_older_slices()
    {
        await using LedgerWriterFixture fixture = await LedgerWriterFixture.Open();
        Assert.NotNull(fixture.Append(1));
        Assert.NotNull(fixture.Writer.AppendMark(new(LedgerWriterFixture.Homes, 6)));
        Assert.NotNull(fixture.Writer.AppendMark(new(LedgerWriterFixture.Homes, 4)));

        Assert.Null(fixture.Append(2));
        Assert.Null(fixture.Writer.Append(new("isle", "ann"), [3], [new(LedgerWriterFixture.Homes, 5, 0, 1)]));
        Assert.NotNull(fixture.Append(4, units: -1));
        Assert.NotNull(fixture.Writer.Append(new("isle", "ann"), [5], [new(LedgerWriterFixture.Homes, 6, 1, 0)]));
        Assert.NotNull(fixture.Writer.Append(new("isle", "ann"), [6], [new(new ClassId("isle", "shops"), 5, 1, 0)]));
        Assert.Equal(6, fixture.Writer.MarkOf(LedgerWriterFixture.Homes));
    }

    /// <summary>A cancel that was decided before its epoch was closed by a mark, and comes to the ledger after it, would change what is on bills.</summary>
    [Fact]
    public async Task After_a_mark_that_closes_an_epoch_nothing_reaches_into_it()
    {
        await using LedgerWriterFixture fixture = await LedgerWriterFixture.Open();
        Assert.NotNull(fixture.Writer.AppendMark(new(LedgerWriterFixture.Homes, 6), closedBefore: 3));
        Assert.NotNull(fixture.Writer.AppendMark(new(LedgerWriterFixture.Homes, 7), closedBefore: 2));
        Assert.Null(fixture.Writer.Append(new("isle", "ann"), [1], [new(LedgerWriterFixture.Homes, 2, -1, 0)]));
        Assert.Null(fixture.Writer.Append(new("isle", "ann"), [2], [new(LedgerWriterFixture.Homes, 2, 0, -1)]));
        Assert.NotNull(fixture.Writer.Append(new("isle", "ann"), [3], [new(LedgerWriterFixture.Homes, 3, -1, 0)]));
        Assert.NotNull(fixture.Writer.Append(new("isle", "ann"), [4], [new(new ClassId("isle", "shops"), 2, -1, 0)]));
    }
}
