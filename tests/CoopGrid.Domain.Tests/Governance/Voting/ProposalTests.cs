using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using Xunit;
using static CoopGrid.Domain.Tests.Governance.ProposalScene;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>Every state, when it begins and ends, and what moves it (SPEC.md §11).</summary>
public sealed class ProposalTests
{
    /// <summary>What was done by when; then the state at the hours.</summary>
    public static TheoryData<string, string> States => new()
    {
        { "", "0 Pending, 23 Pending, 24 Active, 191 Active, 192 Defeated, 9999 Defeated" },
        { "24 for, 24 for, 24 for", "24 Active, 191 Active, 192 Succeeded, 527 Succeeded, 528 Expired, 9999 Expired" },
        { "24 for, 24 for", "191 Active, 192 Defeated" },
        { "24 for, 25 abstain, 26 abstain", "191 Active, 192 Succeeded" },
        { "24 against, 24 against, 24 against", "191 Active, 192 Defeated" },
        { "24 for, 24 for, 24 against, 24 against, 25 abstain", "192 Defeated" },
        { "24 for, 24 for, 24 for, 24 against, 24 against", "192 Succeeded" },
        { "24 for, 24 for, 24 for, 192 queue", "192 Queued, 240 Queued, 575 Queued, 576 Expired" },
        { "24 for, 24 for, 24 for, 527 queue", "527 Queued, 575 Queued, 910 Queued, 911 Expired" },
        { "24 for, 24 for, 24 for, 192 queue, 240 execute", "240 Executed, 9999 Executed" },
        { "24 for, 24 for, 24 for, 192 queue, 575 execute", "575 Executed" },
        { "0 cancel", "0 Cancelled, 24 Cancelled, 9999 Cancelled" },
        { "24 for, 191 cancel", "191 Cancelled, 192 Cancelled" },
        { "24 for, 24 for, 24 for, 300 cancel", "300 Cancelled" },
        { "24 for, 24 for, 24 for, 192 queue, 575 cancel", "575 Cancelled, 576 Cancelled" },
        { "24 for, 168 for, 168 for", "191 Active, 192 Succeeded" },
        { "24 for, 24 for, 169 for", "192 Active, 193 Succeeded" },
        { "24 for, 24 for, 191 abstain", "192 Active, 214 Active, 215 Succeeded" },
        { "24 for, 24 for, 191 abstain, 214 for, 214 against, 214 against, 214 against", "214 Active, 215 Defeated" },
        { "24 for, 24 for, 191 against", "191 Active, 192 Defeated" },
    };

    [Theory]
    [MemberData(nameof(States))]
    public void States_follow_from_what_happened_and_the_time(string done, string states)
    {
        ProposalScene scene = Made();
        int voters = 0;
        foreach (string[] step in done.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(step => step.Split(' ')))
        {
            long hour = long.Parse(step[0], null);
            scene.Accept(step[1] switch
            {
                "cancel" => scene.Cancel(hour),
                "queue" => scene.Queue(hour),
                "execute" => scene.Execute(hour),
                _ => scene.Vote($"m{voters++}", Enum.Parse<VoteChoice>(step[1], ignoreCase: true), hour),
            });
        }

        foreach (string[] state in states.Split(", ").Select(state => state.Split(' ')))
            Assert.Equal(state[1], scene.StateAt(long.Parse(state[0], null)).ToString());
    }

    [Fact]
    public void Before_it_is_made_there_is_none() => Assert.Equal(ProposalState.None, new Proposal("p").StateAt(At(0)));

    /// <summary>Seen to fail without the time of the last entry in <c>TimeAt</c>.</summary>
    [Fact]
    public void A_clock_that_goes_back_reopens_nothing()
    {
        ProposalScene scene = InTimelock();
        Assert.Equal(ProposalState.Queued, scene.StateAt(0));
        AssertRefused(ProposalOutcome.Ended, scene.Vote("dan", VoteChoice.Against, Start));
        ProposalScene open = Made();
        open.Accept(open.Vote("ann", VoteChoice.For, 100));
        open.Accept(open.Vote("bob", VoteChoice.For, 50));
        Assert.Equal(At(100), open.Proposal.VoteOf("bob")!.At);
    }

    [Fact]
    public void Voters_see_the_difference_and_the_numbers_do_not_change_under_them()
    {
        ProposalScene scene = Made();
        Assert.Equal([new("capacity.unitsPerSecond", "1000", "2000")], scene.Proposal.Made.Difference.AsEnumerable());
        scene.Rules = scene.Rules with { Governance = scene.Rules.Governance with { Version = 2, QuorumPermille = 1, TimelockMs = 86_400_000 } };
        scene.Accept(scene.Vote("ann", VoteChoice.For, Start));
        Assert.Equal(ProposalState.Defeated, scene.StateAt(End));
    }

    [Fact]
    public void A_gap_or_a_second_making_is_no_history()
    {
        ProposalScene scene = Won();
        Assert.Throws<InvalidOperationException>(() => scene.Proposal.Apply(new ProposalQueued(scene.Proposal.Sequence + 2, At(End), "x")));
        Assert.Throws<InvalidOperationException>(() => scene.Proposal.Apply(scene.Proposal.Made with { Sequence = scene.Proposal.Sequence + 1 }));
        Assert.Throws<InvalidOperationException>(() => new Proposal("q").Apply(new ProposalQueued(1, At(End), "x")));
    }
}
