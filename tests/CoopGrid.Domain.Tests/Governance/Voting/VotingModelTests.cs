using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>
/// No path makes a policy effective without its vote and its timelock: random histories, and all short ones. See <see cref="VotingWorld"/>.
/// Both seen to fail with a tie that wins, without the majority, without the quorum, with votes against counted for it, without the timelock, without the
/// queue, without expiry, with an end that moves at every vote, with a second vote of another kind, and with voters who joined after the start.
/// </summary>
public sealed class VotingModelTests
{
    private static readonly VoteChoice[] Choices = [VoteChoice.For, VoteChoice.For, VoteChoice.For, VoteChoice.Against, VoteChoice.Abstain];

    // Member 4 joins only here, so always after the vote's start unless the proposal is made later.
    private static readonly Act[] All =
    [
        new(ActKind.Vote, 0, 1, VoteChoice.For),
        new(ActKind.Vote, 0, 2, VoteChoice.For),
        new(ActKind.Vote, 0, 2, VoteChoice.Against),
        new(ActKind.Vote, 0, 3, VoteChoice.Abstain),
        new(ActKind.Vote, 0, 4, VoteChoice.For),
        new(ActKind.Join, Who: 4),
        new(ActKind.Leave, Who: 1),
        new(ActKind.Queue),
        new(ActKind.Execute),
        new(ActKind.Cancel, 0, 1),
        new(ActKind.Wait, Hours: 3),
        new(ActKind.Wait, Hours: 23),
    ];

    [Fact]
    public void Random_histories_agree_with_the_slow_model()
    {
        int executed = 0, defeated = 0, expired = 0, versions = 0;
        for (int seed = 0; seed < 400; seed++)
        {
            Random random = new(seed);
            VotingWorld world = new();
            for (int step = 0; step < 150; step++) world.Do(Pick(random, world));
            for (int i = 0; i < world.Proposals.Count; i++)
            {
                ProposalState state = world.Proposals[i].StateAt(ProposalScene.At(world.Hour));
                if (state == ProposalState.Executed) executed++;
                if (state == ProposalState.Defeated) defeated++;
                if (state == ProposalState.Expired) expired++;
                if (seed % 10 == 0) Replays.AssertSameFromAnyPrefix(world.Proposals[i], world.Entries[i]);
            }

            versions += world.History.Versions.Count - 1;
        }

        // Histories that never come to the end would show nothing.
        Assert.True(executed > 200 && defeated > 200 && expired > 20 && versions > 50, $"{executed} executed, {defeated} defeated, {expired} expired, {versions} versions");
    }

    /// <summary>Every history of so many acts after a proposal was made, but those that go on after a refused act, which changed nothing.</summary>
    [Fact]
    public void All_short_histories_agree_with_the_slow_model()
    {
        int executed = 0, histories = 0;
        Explore([new(ActKind.Propose, 2)], 7, ref executed, ref histories);
        Assert.True(executed > 10 && histories > 10_000, $"{executed} of {histories} executed");
    }

    private static void Explore(List<Act> acts, int left, ref int executed, ref int histories)
    {
        foreach (Act act in All)
        {
            if (act.Kind == ActKind.Wait && act == acts[^1]) continue;
            VotingWorld world = new();
            foreach (Act before in acts) world.Do(before);
            bool changed = world.Do(act);
            histories++;
            if (world.Proposals[0].Executed is not null) executed++;
            if (!changed || left == 1) continue;
            acts.Add(act);
            Explore(acts, left - 1, ref executed, ref histories);
            acts.RemoveAt(acts.Count - 1);
        }
    }

    /// <summary>Mostly what leads one of the last proposals on, sometimes anything.</summary>
    private static Act Pick(Random random, VotingWorld world)
    {
        Instant now = ProposalScene.At(world.Hour);
        int number = world.Proposals.FindIndex(proposal => proposal.StateAt(now) is not (ProposalState.Executed or ProposalState.Cancelled or ProposalState.Defeated or ProposalState.Expired));
        if (number < 0 || random.Next(6) == 0) number = random.Next(Math.Max(1, world.Proposals.Count));
        int who = random.Next(1, 6);
        int dice = random.Next(100);
        if (dice < 4 || world.Proposals.Count == 0) return new(ActKind.Propose, random.Next(3), random.Next(8) == 0 ? 1 : 0);
        if (dice < 8) return new(ActKind.Join, Who: who);
        if (dice < 11) return new(ActKind.Leave, Who: who);
        if (dice < 13) return new(ActKind.Cancel, number, random.Next(5) == 0 ? -1 : random.Next(1, 3));
        if (dice < 16) return new(ActKind.Wait, Hours: random.Next(1, 40));
        Act vote = new(ActKind.Vote, number, who, Choices[random.Next(Choices.Length)]);
        if (dice < 30) return dice < 24 ? vote : new(dice < 27 ? ActKind.Queue : ActKind.Execute, number);
        return world.Proposals[number].StateAt(now) switch
        {
            ProposalState.Active => vote,
            ProposalState.Succeeded => new(ActKind.Queue, number),
            ProposalState.Queued => random.Next(3) == 0 ? new(ActKind.Execute, number) : new(ActKind.Wait, Hours: random.Next(1, 16)),
            ProposalState.Pending => new(ActKind.Wait),
            _ => new(ActKind.Propose, random.Next(3)),
        };
    }
}
