using CoopGrid.Domain.Governance;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Wire = CoopGrid.Protocol.V1;

namespace CoopGrid.Silo.Grpc;

/// <summary>Proposals and versions between the wire and the model.</summary>
internal static class GovernanceMapping
{
    /// <summary>None for whatever is no choice.</summary>
    public static VoteChoice ToChoice(Wire.VoteChoice choice) => choice switch
    {
        Wire.VoteChoice.For => VoteChoice.For,
        Wire.VoteChoice.Against => VoteChoice.Against,
        Wire.VoteChoice.Abstain => VoteChoice.Abstain,
        _ => VoteChoice.None,
    };

    public static Wire.ProposalReply ToReply(ProposalAnswer answer) => new()
    {
        // Same names and numbers; a test of the architecture holds them together.
        Outcome = (Wire.ProposalOutcome)(int)answer.Outcome,
        Reason = answer.Reason,
        Proposal = answer.Proposal is { } proposal ? ToWire(proposal) : null,
    };

    public static Wire.Proposal ToWire(ProposalView view)
    {
        var proposal = new Wire.Proposal
        {
            Coop = view.Id.Coop,
            Id = view.Id.Proposal,
            State = (Wire.ProposalState)(int)view.State,
            By = view.By,
            Title = view.Draft.Title,
            Why = view.Draft.Why,
            MadeUnixMs = view.MadeAt.UnixMs,
            VoteStartUnixMs = view.Start.UnixMs,
            VoteEndUnixMs = view.End.UnixMs,
            Electorate = view.Electorate,
            Tally = ToWire(view.Tally),
            QuorumPermille = view.Governance.QuorumPermille,
            HasQuorum = view.HasQuorum,
            ExecutableFromUnixMs = view.ExecutableFrom?.UnixMs ?? 0,
            ExpiresUnixMs = view.ExpiresAt.UnixMs,
            CancelledUnixMs = view.CancelledAt?.UnixMs ?? 0,
            CancelledBy = view.CancelledBy,
            CancelReason = view.CancelReason,
            ExecutedUnixMs = view.ExecutedAt?.UnixMs ?? 0,
            Version = view.Version,
        };
        switch (view.Draft.Change)
        {
            case ClassPolicyChange policy:
                proposal.ClassPolicy = new() { Class = policy.Class, BasedOnVersion = policy.BasedOn, PolicyJson = PolicyJson.Write(policy.New) };
                break;
            case GovernanceChange governance:
                proposal.Governance = new() { BasedOnVersion = governance.BasedOn, GovernanceJson = GovernanceJson.Write(governance.New) };
                break;
            case CommonsSpending spending:
                proposal.CommonsSpending = new() { Recipient = spending.Recipient, MicroCredits = spending.MicroCredits, ToMember = spending.ToMember };
                break;
        }

        proposal.Difference.AddRange(view.Difference.Select(field => new Wire.FieldDifference
        {
            Path = field.Path,
            OldJson = field.Old ?? "",
            NewJson = field.New ?? "",
        }));
        return proposal;
    }

    public static Wire.PolicyVersion ToWire(PolicyVersion version) => new()
    {
        Version = version.Policy.Version,
        PolicyJson = PolicyJson.Write(version.Policy),
        EffectiveUnixMs = version.Policy.Window.StartOf(version.FromSlice).UnixMs,
        Origin = ToWire(version.Origin),
    };

    public static Wire.RulesVersion ToWire(GovernanceVersion version) => new()
    {
        Version = version.Governance.Version,
        GovernanceJson = GovernanceJson.Write(version.Governance),
        Origin = ToWire(version.Origin),
    };

    private static Wire.PolicyOrigin ToWire(PolicyOrigin origin) => new()
    {
        Proposal = origin.Proposal,
        Tally = ToWire(origin.Tally),
        Electorate = origin.Electorate,
        DecidedUnixMs = origin.DecidedAt.UnixMs,
        ExecutedUnixMs = origin.ExecutedAt.UnixMs,
    };

    private static Wire.VoteTally ToWire(VoteTally tally) => new() { VotesFor = tally.For, VotesAgainst = tally.Against, Abstained = tally.Abstain };
}
