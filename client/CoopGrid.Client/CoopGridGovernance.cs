using System.Runtime.CompilerServices;
using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>Proposals and votes. Refusals are answers. Every call may be repeated, and is while nothing is known: what was done already is answered so.</summary>
public sealed class CoopGridGovernance
{
    private readonly RetryLoop _loop;

    internal CoopGridGovernance(RetryLoop loop) => _loop = loop;

    public Task<ProposalReply> ProposeAsync(ProposeRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).ProposeAsync(request, o), stop);

    public Task<ProposalReply> VoteAsync(VoteRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).VoteAsync(request, o), stop);

    public Task<ProposalReply> CancelAsync(CancelProposalRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).CancelAsync(request, o), stop);

    public Task<ProposalReply> QueueAsync(QueueProposalRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).QueueAsync(request, o), stop);

    public Task<ProposalReply> ExecuteAsync(ExecuteProposalRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).ExecuteAsync(request, o), stop);

    public Task<Proposal> GetAsync(string coop, string id, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).GetProposalAsync(new() { Coop = coop, Id = id }, o), stop);

    /// <summary>All proposals of a co-op, in the order of their ids, page by page.</summary>
    public async IAsyncEnumerable<Proposal> ListAsync(string coop, int page = 100, [EnumeratorCancellation] CancellationToken stop = default)
    {
        string after = "";
        while (true)
        {
            ListProposalsReply reply = await _loop.AskAsync(
                (invoker, o) => Of(invoker).ListProposalsAsync(new() { Coop = coop, After = after, Limit = page }, o), stop);
            foreach (Proposal proposal in reply.Proposals) yield return proposal;
            if (reply.Proposals.Count < page) yield break;
            after = reply.Proposals[^1].Id;
        }
    }

    /// <summary>Every version of a class's policy, with the vote behind it, oldest first.</summary>
    public Task<PolicyHistory> GetPolicyHistoryAsync(string coop, string name, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).GetPolicyHistoryAsync(new() { Coop = coop, Class = name }, o), stop);

    /// <summary>Every version of how the co-op's members decide, oldest first.</summary>
    public Task<RulesHistory> GetRulesAsync(string coop, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).GetRulesAsync(new() { Coop = coop }, o), stop);

    public Task<EmergencyReply> DeclareEmergencyAsync(DeclareEmergencyRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).DeclareEmergencyAsync(request, o), stop);

    public Task<EmergencyReply> LiftEmergencyAsync(LiftEmergencyRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).LiftEmergencyAsync(request, o), stop);

    /// <summary>All emergency actions of a co-op, in the order of their numbers, page by page.</summary>
    public async IAsyncEnumerable<EmergencyAction> ListEmergenciesAsync(string coop, int page = 100, [EnumeratorCancellation] CancellationToken stop = default)
    {
        int after = 0;
        while (true)
        {
            ListEmergenciesReply reply = await _loop.AskAsync(
                (invoker, o) => Of(invoker).ListEmergenciesAsync(new() { Coop = coop, After = after, Limit = page }, o), stop);
            foreach (EmergencyAction action in reply.Actions) yield return action;
            if (reply.Actions.Count < page) yield break;
            after = reply.Actions[^1].Number;
        }
    }

    private static Governance.GovernanceClient Of(CallInvoker invoker) => new(invoker);
}
