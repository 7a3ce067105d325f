using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>By the numbers of <see cref="VoteRule"/>.</summary>
public sealed class VoteRuleTests
{
    /// <summary>1: the comparison equals counting up to the quorum's ceiling. Seen to fail with a floored quorum, and with votes against counted.</summary>
    [Fact]
    public void Quorum_is_exact()
    {
        for (int electorate = 0; electorate <= 40; electorate++)
        {
            foreach (int permille in new[] { 1, 200, 333, 334, 500, 666, 999, 1000 })
            {
                int needed = 0;
                while (needed * 1000 < electorate * permille) needed++;
                for (int votes = 0; votes <= electorate; votes++)
                {
                    Assert.Equal(votes >= needed, VoteRule.HasQuorum(new(votes, 1000, 0), electorate, permille));
                    Assert.Equal(votes >= needed, VoteRule.HasQuorum(new(0, 0, votes), electorate, permille));
                }
            }
        }
    }

    /// <summary>2 and 3.</summary>
    [Theory]
    [InlineData(0, 0, 0, 0, false)]
    [InlineData(0, 0, 10, 10, false)]
    [InlineData(1, 0, 0, 1, true)]
    [InlineData(1, 1, 8, 10, false)]
    [InlineData(2, 1, 0, 4, true)]
    [InlineData(2, 1, 0, 5, false)]
    [InlineData(2, 1, 1, 6, true)]
    [InlineData(2, 3, 5, 10, false)]
    public void A_vote_passes_with_a_majority_and_half_the_electorate(int votesFor, int against, int abstain, int electorate, bool passes) =>
        Assert.Equal(passes, VoteRule.Passes(new(votesFor, against, abstain), electorate, 500));

    [Fact]
    public void The_greatest_electorate_does_not_overflow() =>
        Assert.True(VoteRule.Passes(new(long.MaxValue / 4, 1, long.MaxValue / 4), long.MaxValue, 400));

    /// <summary>4: at the extension before the end nothing moves, a microsecond later the end does.</summary>
    [Fact]
    public void The_end_moves_only_for_a_quorum_within_the_extension()
    {
        Instant end = Instant.FromUnixMs(1_000_000);
        GovernancePolicy governance = new() { LateQuorumExtensionMs = 1000 };
        Assert.Equal(end, VoteRule.EndAfterQuorum(end, end.PlusMs(-1000), governance));
        Assert.Equal(new(end.UnixMicroseconds + 1), VoteRule.EndAfterQuorum(end, new(end.PlusMs(-1000).UnixMicroseconds + 1), governance));
        Assert.Equal(end.PlusMs(999), VoteRule.EndAfterQuorum(end, end.PlusMs(-1), governance));
        Assert.Equal(end, VoteRule.EndAfterQuorum(end, end.PlusMs(-1), governance with { LateQuorumExtensionMs = 0 }));
    }
}
