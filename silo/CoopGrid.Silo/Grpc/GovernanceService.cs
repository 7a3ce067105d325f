using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Governance;
using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Grpc.Core;
using Wire = CoopGrid.Protocol.V1;

namespace CoopGrid.Silo.Grpc;

/// <summary>The door to proposals and votes. Refusals are answers; what is malformed or not there is a status.</summary>
internal sealed partial class GovernanceService(IGrainFactory grains, Coops coops, IEntryBooks books, TimeProvider time) : Wire.Governance.GovernanceBase
{
    private const int MaxPage = 200;
    private const int DefaultPage = 50;

    public override async Task<Wire.ProposalReply> Propose(Wire.ProposeRequest request, ServerCallContext context)
    {
        IProposalGrain proposal = await Find(request.Coop, request.Id);
        var draft = new ProposalDraft(request.Title, request.Why, await ChangeOf(request));
        return Told(await proposal.Propose(draft, new(request.By, request.AsOperator)));
    }

    public override async Task<Wire.ProposalReply> Vote(Wire.VoteRequest request, ServerCallContext context) =>
        Told(await (await Find(request.Coop, request.Id)).Vote(request.Member, GovernanceMapping.ToChoice(request.Choice)));

    public override async Task<Wire.ProposalReply> Cancel(Wire.CancelProposalRequest request, ServerCallContext context) =>
        Told(await (await Find(request.Coop, request.Id)).Cancel(new(request.By, request.AsOperator), request.Reason));

    public override async Task<Wire.ProposalReply> Queue(Wire.QueueProposalRequest request, ServerCallContext context) =>
        Told(await (await Find(request.Coop, request.Id)).Queue(request.By));

    public override async Task<Wire.ProposalReply> Execute(Wire.ExecuteProposalRequest request, ServerCallContext context) =>
        Told(await (await Find(request.Coop, request.Id)).Execute(request.By));

    public override async Task<Wire.Proposal> GetProposal(Wire.GetProposalRequest request, ServerCallContext context) =>
        await (await Find(request.Coop, request.Id)).Get() is { } view
            ? GovernanceMapping.ToWire(view)
            : throw Fail(StatusCode.NotFound, $"There is no proposal '{request.Id}'.");

    public override async Task<Wire.ListProposalsReply> ListProposals(Wire.ListProposalsRequest request, ServerCallContext context)
    {
        if (request.Limit is < 0 or > MaxPage) throw Fail(StatusCode.InvalidArgument, $"limit must be 0 to {MaxPage}.");
        await ExpectCoop(request.Coop);
        int limit = request.Limit == 0 ? DefaultPage : request.Limit;
        IReadOnlyList<string> ids = await books.ListAsync(request.Coop, ProposalBooks.Kind, request.After, limit, context.CancellationToken);
        ProposalView?[] views = await Task.WhenAll(ids.Select(id => Of(request.Coop, id).Get().AsTask()));
        var reply = new Wire.ListProposalsReply();
        reply.Proposals.AddRange(views.OfType<ProposalView>().Select(GovernanceMapping.ToWire));
        return reply;
    }

    public override async Task<Wire.PolicyHistory> GetPolicyHistory(Wire.GetPolicyHistoryRequest request, ServerCallContext context)
    {
        await ExpectCoop(request.Coop);
        CoopProfile profile = (await grains.GetGrain<ICoopGrain>(request.Coop).GetProfile())!;
        if (!profile.Classes.Contains(request.Class)) throw Fail(StatusCode.NotFound, $"There is no class '{request.Coop}/{request.Class}'.");
        var history = new Wire.PolicyHistory();
        IClassGrain grain = grains.GetGrain<IClassGrain>(new ClassId(request.Coop, request.Class).ToString());
        history.Versions.AddRange((await grain.GetHistory()).Select(GovernanceMapping.ToWire));
        return history;
    }

    public override async Task<Wire.RulesHistory> GetRules(Wire.GetRulesRequest request, ServerCallContext context)
    {
        await ExpectCoop(request.Coop);
        var history = new Wire.RulesHistory();
        history.Versions.AddRange((await grains.GetGrain<ICoopGrain>(request.Coop).GetGovernance()).Select(GovernanceMapping.ToWire));
        return history;
    }

    private async Task<IProposalGrain> Find(string coop, string id)
    {
        await ExpectCoop(coop);
        return Ids.IsName(id) ? Of(coop, id) : throw Fail(StatusCode.InvalidArgument, AdmissionMapping.BadName("id"));
    }

    private IProposalGrain Of(string coop, string id) => grains.GetGrain<IProposalGrain>(new ProposalId(coop, id).ToString());

    private async Task ExpectCoop(string coop)
    {
        if (!await coops.ExistsAsync(coop)) throw Fail(StatusCode.NotFound, $"There is no co-op '{coop}'.");
    }

    private async Task<ProposedChange> ChangeOf(Wire.ProposeRequest request)
    {
        switch (request.ChangeCase)
        {
            case Wire.ProposeRequest.ChangeOneofCase.ClassPolicy:
                CoopProfile profile = (await grains.GetGrain<ICoopGrain>(request.Coop).GetProfile())!;
                PolicyReading policy = PolicyJson.Read(request.ClassPolicy.PolicyJson, profile.TimeZone);
                return new ClassPolicyChange(request.ClassPolicy.Class, request.ClassPolicy.BasedOnVersion, policy.Policy ?? throw Malformed(policy.Errors));
            case Wire.ProposeRequest.ChangeOneofCase.Governance:
                GovernanceReading governance = GovernanceJson.Read(request.Governance.GovernanceJson);
                return new GovernanceChange(request.Governance.BasedOnVersion, governance.Governance ?? throw Malformed(governance.Errors));
            case Wire.ProposeRequest.ChangeOneofCase.CommonsSpending:
                return new CommonsSpending(request.CommonsSpending.Recipient, request.CommonsSpending.MicroCredits, request.CommonsSpending.ToMember);
            default:
                throw Fail(StatusCode.InvalidArgument, "A change is needed: class_policy, governance or commons_spending.");
        }
    }

    private static Wire.ProposalReply Told(ProposalAnswer answer) => answer.Outcome switch
    {
        ProposalOutcome.Invalid => throw Fail(StatusCode.InvalidArgument, answer.Reason),
        ProposalOutcome.ProposalUnknown => throw Fail(StatusCode.NotFound, answer.Reason),
        _ => GovernanceMapping.ToReply(answer),
    };

    private static RpcException Malformed(IEnumerable<PolicyError> errors) => Fail(StatusCode.InvalidArgument, string.Join(Environment.NewLine, errors));

    private static RpcException Fail(StatusCode code, string reason) => new(new Status(code, reason));
}
