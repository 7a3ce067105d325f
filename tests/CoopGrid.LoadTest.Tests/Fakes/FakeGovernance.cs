using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.LoadTest.Tests.Fakes;

/// <summary>A co-op with one proposal, p-1, whose vote runs. The member "voted" has voted; anybody else may.</summary>
internal sealed class FakeGovernance : Governance.GovernanceBase
{
    private const string Id = "p-1";

    public override Task<ProposalReply> Propose(ProposeRequest request, ServerCallContext context) =>
        Task.FromResult(new ProposalReply
        {
            Outcome = ProposalOutcome.Accepted,
            Proposal = new() { Coop = request.Coop, Id = request.Id, Title = request.Title, State = ProposalState.Pending },
        });

    public override Task<ProposalReply> Vote(VoteRequest request, ServerCallContext context) =>
        Answer(request.Id, request.Member == "voted" ? ProposalOutcome.AlreadyVoted : ProposalOutcome.Accepted);

    public override Task<ProposalReply> Cancel(CancelProposalRequest request, ServerCallContext context) => Answer(request.Id, ProposalOutcome.Accepted);

    public override Task<ProposalReply> Queue(QueueProposalRequest request, ServerCallContext context) => Answer(request.Id, ProposalOutcome.NotDecided);

    public override Task<ProposalReply> Execute(ExecuteProposalRequest request, ServerCallContext context) => Answer(request.Id, ProposalOutcome.NotDecided);

    public override Task<Proposal> GetProposal(GetProposalRequest request, ServerCallContext context) => Task.FromResult(Find(request.Id));

    public override Task<ListProposalsReply> ListProposals(ListProposalsRequest request, ServerCallContext context)
    {
        var reply = new ListProposalsReply();
        if (request.After.Length == 0) reply.Proposals.Add(Find(Id));
        return Task.FromResult(reply);
    }

    public override Task<PolicyHistory> GetPolicyHistory(GetPolicyHistoryRequest request, ServerCallContext context)
    {
        var history = new PolicyHistory();
        history.Versions.Add(new PolicyVersion { Version = 1, PolicyJson = "{}", Origin = new() });
        history.Versions.Add(new PolicyVersion { Version = 2, PolicyJson = "{}", Origin = new() { Proposal = Id, Tally = new() { VotesFor = 2 }, Electorate = 3 } });
        return Task.FromResult(history);
    }

    public override Task<EmergencyReply> DeclareEmergency(DeclareEmergencyRequest request, ServerCallContext context)
    {
        var action = new EmergencyAction { Coop = request.Coop, Number = 1, Reason = request.Reason, InForce = true };
        if (request.LowerCap is { } cap) action.LowerCap = cap;
        else if (request.RaiseGuarantee is { } raise) action.RaiseGuarantee = raise;
        else action.SuspendMember = request.SuspendMember;
        bool isKnown = request.SuspendMember?.Member != "nobody";
        return Task.FromResult(new EmergencyReply { Outcome = isKnown ? EmergencyOutcome.Accepted : EmergencyOutcome.TargetUnknown, Action = isKnown ? action : null });
    }

    public override Task<EmergencyReply> LiftEmergency(LiftEmergencyRequest request, ServerCallContext context) =>
        request.Number == 1 ? Task.FromResult(new EmergencyReply { Outcome = EmergencyOutcome.Accepted }) : throw new RpcException(new(StatusCode.NotFound, "no action"));

    public override Task<ListEmergenciesReply> ListEmergencies(ListEmergenciesRequest request, ServerCallContext context)
    {
        var reply = new ListEmergenciesReply();
        reply.Actions.Add(new EmergencyAction { Number = 1, LowerCap = new() { Class = "people", CapPermille = 1500 }, Reason = "a storm" });
        return Task.FromResult(reply);
    }

    public override Task<RulesHistory> GetRules(GetRulesRequest request, ServerCallContext context)
    {
        var history = new RulesHistory();
        history.Versions.Add(new RulesVersion { Version = 1, GovernanceJson = "{}", Origin = new() });
        return Task.FromResult(history);
    }

    private static Task<ProposalReply> Answer(string id, ProposalOutcome outcome) =>
        Task.FromResult(new ProposalReply { Outcome = outcome, Reason = "told to", Proposal = Find(id) });

    private static Proposal Find(string id)
    {
        if (id != Id) throw new RpcException(new Status(StatusCode.NotFound, $"There is no proposal '{id}'."));
        var proposal = new Proposal
        {
            Coop = FakeGrid.Coop,
            Id = Id,
            State = ProposalState.Active,
            Title = "More capacity",
            ClassPolicy = new() { Class = FakeGrid.Class, BasedOnVersion = 1, PolicyJson = "{}" },
            Tally = new() { VotesFor = 1 },
            Electorate = 3,
        };
        proposal.Difference.Add(new FieldDifference { Path = "lanes[0].name", OldJson = "\"a\"", NewJson = "\"b\"" });
        return proposal;
    }
}
