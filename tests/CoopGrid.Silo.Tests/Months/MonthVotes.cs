using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;

namespace CoopGrid.Silo.Tests.Months;

/// <summary>A policy that members change as the charter has it: proposed and voted at once, queued when the vote is over, executed when its timelock is.</summary>
internal sealed class MonthVotes(MonthGrid grid, string inClass, int basedOn, string policy)
{
    private readonly string _id = IdOf(inClass, basedOn);

    /// <summary>The proposal that changes a version of a class's policy.</summary>
    public static string IdOf(string inClass, int basedOn) => $"{inClass} after {basedOn}";

    public async Task ProposeAsync()
    {
        var request = new ProposeRequest
        {
            Coop = Charters.Coop,
            Id = _id,
            By = MonthCharter.PeopleNames[0],
            Title = "Another tariff",
            Why = "We have learnt something.",
            ClassPolicy = new() { Class = inClass, BasedOnVersion = basedOn, PolicyJson = policy },
        };
        await Done(door => door.ProposeAsync(request).ResponseAsync, ProposalOutcome.Accepted, ProposalOutcome.Unchanged);
        foreach (string member in MonthCharter.PeopleNames)
        {
            await Done(
                door => door.VoteAsync(new() { Coop = Charters.Coop, Id = _id, Member = member, Choice = VoteChoice.For }).ResponseAsync,
                ProposalOutcome.Accepted, ProposalOutcome.Unchanged, ProposalOutcome.AlreadyVoted);
        }
    }

    public Task QueueAsync() => Done(
        door => door.QueueAsync(new() { Coop = Charters.Coop, Id = _id, By = "anybody" }).ResponseAsync, ProposalOutcome.Accepted, ProposalOutcome.Unchanged);

    public Task ExecuteAsync() => Done(
        door => door.ExecuteAsync(new() { Coop = Charters.Coop, Id = _id, By = "anybody" }).ResponseAsync, ProposalOutcome.Accepted, ProposalOutcome.Unchanged);

    private async Task Done(Func<Protocol.V1.Governance.GovernanceClient, Task<ProposalReply>> ask, params ProposalOutcome[] good)
    {
        ProposalReply? reply = null;
        await Until.True(
            async () =>
            {
                reply = await grid.Answered(_id, door => ask(door.Governance));
                return good.Contains(reply.Outcome);
            },
            () => $"'{_id}' decided; last was {reply}; {grid.Log}");
    }
}
