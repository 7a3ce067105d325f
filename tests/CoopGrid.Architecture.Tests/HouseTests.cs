using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Architecture.Tests;

/// <summary>The repository keeps the rules. That each rule can fail is seen in <see cref="RuleTests"/>.</summary>
public sealed class HouseTests
{
    /// <summary>Precedence as in SPEC.md §4; the last two never come from a decision.</summary>
    private static readonly string[] OutcomeOrder =
    [
        "Invalid", "KeyConflict", "KeyCancelled", "MemberUnknown", "MemberSuspended", "MemberExited", "LaneUnknown", "LaneForbidden",
        "TicketInvalid", "QuotaExceeded", "PriceAboveLimit", "CapacityExceeded", "Deferred", "Admitted", "Unavailable", "CoopUnknown",
    ];

    private static readonly string[] Documented = ["interfaces/CoopGrid.Model", "interfaces/CoopGrid.Interfaces", "grains/CoopGrid.Domain"];

    private static IReadOnlyList<SourceFile> Sources => Repository.Files("", ".cs", ".proto");

    private static IReadOnlyList<SourceFile> Protos => Repository.Files("interfaces/CoopGrid.Protocol/coopgrid", ".proto");

    [Fact]
    public void References_run_one_way() =>
        AssertNone(Repository.Files("", ".csproj").SelectMany(ReferenceRule.Violations));

    [Fact]
    public void Domain_and_grains_have_the_rooms_of_the_specification() =>
        AssertNone(Repository.Files("grains", ".cs").SelectMany(RoomRule.Violations));

    [Fact]
    public void Domain_is_pure() =>
        AssertNone(Repository.Files("grains/CoopGrid.Domain", ".cs").SelectMany(PurityRule.Violations));

    [Fact]
    public void Outcomes_have_one_order()
    {
        IReadOnlyList<(string, int)> code = [.. Enum.GetValues<Outcome>().Select(outcome => (outcome.ToString(), (int)outcome))];
        string proto = Protos.Single(file => file.Path.EndsWith("/admission.proto", StringComparison.Ordinal)).Text;
        AssertNone(EnumRule.Violations(nameof(Outcome), code, EnumRule.Values(proto, "Outcome"), OutcomeOrder));
    }

    [Fact]
    public void Member_statuses_have_one_order()
    {
        IReadOnlyList<(string, int)> code = [.. Enum.GetValues<MemberStatus>().Select(status => (status.ToString(), (int)status))];
        string proto = Protos.Single(file => file.Path.EndsWith("/members.proto", StringComparison.Ordinal)).Text;
        AssertNone(EnumRule.Violations(nameof(MemberStatus), code, EnumRule.Values(proto, "MemberStatus"), ["Active", "Suspended", "Exited"]));
    }

    [Fact]
    public void Report_outcomes_have_one_order()
    {
        IReadOnlyList<(string, int)> code = [.. Enum.GetValues<ReportOutcome>().Select(outcome => (outcome.ToString(), (int)outcome))];
        string proto = Protos.Single(file => file.Path.EndsWith("/metering.proto", StringComparison.Ordinal)).Text;
        string[] order =
        [
            "Invalid", "MeterUnknown", "MemberNotActive", "NotMetered", "Duplicate", "SequenceConflict", "Gap", "Overlap", "Future", "TooLate",
            "Accepted", "Unavailable", "CoopUnknown",
        ];
        AssertNone(EnumRule.Violations(nameof(ReportOutcome), code, EnumRule.Values(proto, "ReportOutcome"), order));
    }

    [Fact]
    public void Market_outcomes_have_one_order()
    {
        IReadOnlyList<(string, int)> code = [.. Enum.GetValues<MarketOutcome>().Select(outcome => (outcome.ToString(), (int)outcome))];
        string proto = Protos.Single(file => file.Path.EndsWith("/market.proto", StringComparison.Ordinal)).Text;
        string[] order =
        [
            "Invalid", "KeyConflict", "MemberUnknown", "MemberSuspended", "MemberExited", "NoMarket", "SlotNotOpen", "GateClosed", "NotOnSale",
            "SlotStarted", "BidUnknown", "PriceBelowReserve", "LimitReached", "CapExceeded", "SoldOut", "Accepted", "Unavailable", "CoopUnknown",
        ];
        AssertNone(EnumRule.Violations(nameof(MarketOutcome), code, EnumRule.Values(proto, "MarketOutcome"), order));
    }

    [Fact]
    public void Slot_phases_have_one_order()
    {
        IReadOnlyList<(string, int)> code = [.. Enum.GetValues<SlotPhase>().Select(phase => (phase.ToString(), (int)phase))];
        string proto = Protos.Single(file => file.Path.EndsWith("/market.proto", StringComparison.Ordinal)).Text;
        AssertNone(EnumRule.Violations(nameof(SlotPhase), code, EnumRule.Values(proto, "SlotPhase"), ["Bidding", "OnSale", "Running", "Ended"]));
    }

    [Fact]
    public void Proposal_outcomes_states_and_choices_have_one_order()
    {
        string proto = Protos.Single(file => file.Path.EndsWith("/proposals.proto", StringComparison.Ordinal)).Text;
        Check<ProposalOutcome>(
            "Invalid", "ProposalUnknown", "NotAllowed", "NotMember", "EnrolledTooLate", "AlreadyVoted", "Unchanged", "Cancelled", "NotStarted", "Ended",
            "NotDecided", "Defeated", "TooLate", "NotQueued", "Timelocked", "Stale", "PolicyInvalid", "NotChangeable", "NotAffordable", "Accepted");
        Check<ProposalState>("Pending", "Active", "Defeated", "Succeeded", "Queued", "Executed", "Expired", "Cancelled");
        Check<VoteChoice>("For", "Against", "Abstain");

        void Check<T>(params string[] order)
            where T : struct, Enum
        {
            IReadOnlyList<(string, int)> code = [.. Enum.GetValues<T>().Select(value => (value.ToString(), Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture)))];
            AssertNone(EnumRule.Violations(typeof(T).Name, code, EnumRule.Values(proto, typeof(T).Name), order));
        }
    }

    [Fact]
    public void Emergency_outcomes_have_one_order()
    {
        IReadOnlyList<(string, int)> code = [.. Enum.GetValues<EmergencyOutcome>().Select(outcome => (outcome.ToString(), (int)outcome))];
        string proto = Protos.Single(file => file.Path.EndsWith("/emergencies.proto", StringComparison.Ordinal)).Text;
        string[] order =
        [
            "Invalid", "NotAllowed", "ActionUnknown", "Unchanged", "TargetUnknown", "NotStricter", "NeedsProposal", "TooLong", "PolicyInvalid", "Accepted",
        ];
        AssertNone(EnumRule.Violations(nameof(EmergencyOutcome), code, EnumRule.Values(proto, "EmergencyOutcome"), order));
    }

    [Fact]
    public void Files_and_folders_are_small()
    {
        string exceptions = Repository.Files("tests/CoopGrid.Architecture.Tests", "size-exceptions.txt").Single().Text;
        AssertNone(SizeRule.Violations(Sources, SizeRule.Exceptions(exceptions)));
    }

    [Fact]
    public void Grains_keep_their_names() =>
        AssertNone(GrainRule.Violations([.. Repository.Files("grains/CoopGrid.Grains", ".cs"), .. Repository.Files("interfaces/CoopGrid.Interfaces", ".cs")]));

    /// <summary>Seen to fail with a call put into the class's grain and into the silo's program, and with the exception of the proposal's grain taken out.</summary>
    [Fact]
    public void Nothing_is_adopted_but_by_an_executed_proposal()
    {
        AssertNone(AdoptionRule.Shipped.SelectMany(folder => Repository.Files(folder, ".cs", ".razor")).SelectMany(AdoptionRule.Violations));
        Assert.Contains(Sources, file => file.Path == AdoptionRule.Caller);
    }

    [Fact]
    public void Public_types_of_model_and_domain_are_documented() =>
        AssertNone(Documented
            .SelectMany(folder => Repository.Files(folder, ".cs"))
            .SelectMany(DocumentationRule.UndocumentedTypes));

    [Fact]
    public void Protos_are_commented_field_by_field() => AssertNone(Protos.SelectMany(DocumentationRule.UncommentedInProto));

    [Fact]
    public void No_open_end_is_without_an_issue() =>
        AssertNone(Repository.Files("", ".cs", ".proto", ".csproj", ".props", ".json", ".md", ".sh", "/run", ".sql", ".razor").SelectMany(WordRule.OpenEnds));

    [Fact]
    public void No_test_is_skipped() => AssertNone(Repository.Files("tests", ".cs").SelectMany(WordRule.Skipped));

    [Fact]
    public void Names_say_something() => AssertNone(Repository.Files("", ".cs").SelectMany(WordRule.EmptyNames));

    [Fact]
    public void The_repository_was_found()
    {
        Assert.True(Sources.Count > 20);
        Assert.NotEmpty(Protos);
    }

    private static void AssertNone(IEnumerable<string> violations)
    {
        string[] all = [.. violations];
        Assert.True(all.Length == 0, string.Join('\n', all));
    }
}
