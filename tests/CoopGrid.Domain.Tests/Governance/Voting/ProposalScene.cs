using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>
/// A proposal to start a test from. Its vote runs from hour 24 to hour 192 among ten members with a quorum of three; the timelock is 48 hours, and it can be
/// executed for 336.
/// </summary>
internal sealed class ProposalScene
{
    public const long HourMs = 3_600_000;
    public const long Start = 24;
    public const long End = 192;
    public const long Electorate = 10;

    public static readonly Instant Begin = Instant.FromUnixMs(1_700_000_000_000 / HourMs * HourMs);

    /// <summary>A change that waits for no epoch.</summary>
    public static readonly ClassPolicy MoreCapacity = Policies.Valid with { Capacity = Policies.Valid.Capacity with { UnitsPerSecond = 2000 } };

    public static readonly ProposalDraft Draft = new("More capacity", "The cable is there.", new ClassPolicyChange("homes", 1, MoreCapacity));

    public Proposal Proposal { get; } = new("p-1");

    public List<ProposalEntry> Entries { get; } = [];

    public CurrentRules Rules { get; set; } = new()
    {
        TimeZone = "UTC",
        Governance = new() { QuorumPermille = 300 },
        Class = new("homes", Policies.Valid, Policies.Valid),
        CommonsMicroCredits = 1000,
    };

    public static Instant At(long hour) => Begin.PlusMs(hour * HourMs);

    public static Actor Member(string name, long enrolledHour = -1) => new(name, MemberStatus.Active, At(enrolledHour), IsOperator: false);

    public static Actor Operator { get; } = new("olga", MemberStatus.Unknown, default, IsOperator: true);

    public static ProposalScene Made(ProposalDraft? draft = null, Func<GovernancePolicy, GovernancePolicy>? numbers = null)
    {
        ProposalScene scene = new();
        if (numbers is not null) scene.Rules = scene.Rules with { Governance = numbers(scene.Rules.Governance) };
        scene.Accept(scene.Propose(draft ?? Draft));
        return scene;
    }

    /// <summary>Three votes for in the first hour: enough.</summary>
    public static ProposalScene Won(ProposalDraft? draft = null)
    {
        ProposalScene scene = Made(draft);
        foreach (string name in new[] { "ann", "bob", "cyd" }) scene.Accept(scene.Vote(name, VoteChoice.For, Start));
        return scene;
    }

    /// <summary>Won, and queued as soon as it could be.</summary>
    public static ProposalScene InTimelock(ProposalDraft? draft = null)
    {
        ProposalScene scene = Won(draft);
        scene.Accept(scene.Queue(End));
        return scene;
    }

    public ProposalDecision Propose(ProposalDraft draft, long hour = 0) => ProposalRule.Propose(Proposal, draft, Member("ann"), Rules, At(hour));

    public ProposalDecision Vote(string name, VoteChoice choice, long hour) => ProposalRule.Vote(Proposal, Member(name), choice, Electorate, At(hour));

    public ProposalDecision Cancel(long hour) => ProposalRule.Cancel(Proposal, Member("ann"), "A mistake.", At(hour));

    public ProposalDecision Queue(long hour) => ExecutionRule.Queue(Proposal, "anybody", At(hour));

    public ProposalDecision Execute(long hour) => ExecutionRule.Execute(Proposal, "anybody", Rules, At(hour));

    public ProposalState StateAt(long hour) => Proposal.StateAt(At(hour));

    public void Accept(ProposalDecision decision)
    {
        Assert.True(decision.Outcome == ProposalOutcome.Accepted, decision.ToString());
        foreach (ProposalEntry entry in decision.Entries)
        {
            Entries.Add(entry);
            Proposal.Apply(entry);
        }
    }

    /// <summary>The refusal, which says why and records nothing.</summary>
    public static void AssertRefused(ProposalOutcome outcome, ProposalDecision decision)
    {
        Assert.Equal(outcome, decision.Outcome);
        Assert.Empty(decision.Entries);
        Assert.NotEmpty(decision.Reason);
    }
}
