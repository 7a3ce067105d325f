using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Governance;

public sealed class GovernanceRulesTests
{
    private const long Hour = 3_600_000;
    private const long Day = 24 * Hour;
    private static readonly GovernancePolicy Valid = new();

    /// <summary>Each breaks one rule; the rule names the field.</summary>
    public static TheoryData<string, GovernancePolicy> Broken => new()
    {
        { "version", Valid with { Version = 0 } },
        { "votingDelayMs", Valid with { VotingDelayMs = -1 } },
        { "votingDelayMs", Valid with { VotingDelayMs = (30 * Day) + 1 } },
        { "votingPeriodMs", Valid with { VotingPeriodMs = Hour - 1 } },
        { "votingPeriodMs", Valid with { VotingPeriodMs = (90 * Day) + 1 } },
        { "quorumPermille", Valid with { QuorumPermille = 0 } },
        { "quorumPermille", Valid with { QuorumPermille = 1001 } },
        { "lateQuorumExtensionMs", Valid with { LateQuorumExtensionMs = -1 } },
        { "lateQuorumExtensionMs", Valid with { VotingPeriodMs = Day, LateQuorumExtensionMs = Day + 1 } },
        { "timelockMs", Valid with { TimelockMs = Day - 1 } },
        { "timelockMs", Valid with { TimelockMs = (90 * Day) + 1 } },
        { "executionPeriodMs", Valid with { ExecutionPeriodMs = Day - 1 } },
        { "executionPeriodMs", Valid with { ExecutionPeriodMs = (180 * Day) + 1 } },
        { "emergencyLongestMs", Valid with { EmergencyLongestMs = Hour - 1 } },
        { "emergencyLongestMs", Valid with { EmergencyLongestMs = (30 * Day) + 1 } },
        { "propose", Valid with { Propose = (ProposeRight)3 } },
        { "cancel", Valid with { Cancel = (CancelRight)2 } },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_rule_names_its_field(string path, GovernancePolicy governance) =>
        Assert.Equal(path, Assert.Single(GovernanceRules.Check(governance)).Path);

    [Fact]
    public void All_errors_are_found_at_once()
    {
        GovernancePolicy governance = Valid with { QuorumPermille = 0, TimelockMs = 1, VotingPeriodMs = 0, LateQuorumExtensionMs = Day };
        Assert.Equal(["votingPeriodMs", "quorumPermille", "timelockMs"], GovernanceRules.Check(governance).Select(error => error.Path));
    }

    [Fact]
    public void The_least_and_the_greatest_numbers_are_valid()
    {
        Assert.Empty(GovernanceRules.Check(Valid));
        Assert.Empty(GovernanceRules.Check(new()
        {
            VotingDelayMs = 0,
            VotingPeriodMs = Hour,
            QuorumPermille = 1,
            LateQuorumExtensionMs = 0,
            TimelockMs = Day,
            ExecutionPeriodMs = Day,
            EmergencyLongestMs = Hour,
        }));
    }

    [Fact]
    public void Reading_what_was_written_gives_the_same_value()
    {
        Any.Sample(
            governance =>
            {
                GovernanceReading reading = GovernanceJson.Read(GovernanceJson.Write(governance), governance.Version);
                Assert.Empty(reading.Errors);
                Assert.Equal(governance, reading.Governance);
            },
            seed: "0000KOIKe6v3",
            iter: 500,
            threads: 1);
    }

    [Fact]
    public void Every_number_is_written_and_differs_by_its_name()
    {
        GovernancePolicy other = new()
        {
            VotingDelayMs = 1,
            VotingPeriodMs = Day,
            QuorumPermille = 3,
            LateQuorumExtensionMs = 4,
            TimelockMs = 5 * Day,
            ExecutionPeriodMs = 6 * Day,
            EmergencyLongestMs = 8 * Day,
            Propose = ProposeRight.Operators,
            Cancel = CancelRight.ProposerAndOperators,
        };
        Assert.Equal(
            ["votingDelayMs", "votingPeriodMs", "quorumPermille", "lateQuorumExtensionMs", "timelockMs", "executionPeriodMs", "emergencyLongestMs", "propose", "cancel"],
            PolicyChange.Between(Valid, other).Select(change => change.Path));
        Assert.Equal(new FieldChange("quorumPermille", "200", "3"), PolicyChange.Between(Valid, other)[2]);
        Assert.Empty(PolicyChange.Between(Valid, Valid with { Version = 7 }));
    }

    [Fact]
    public void A_charter_has_the_section_or_its_defaults()
    {
        const string Head = """{ "coop": "village", "classes": { "homes": { "capacity": { "unitsPerSecond": 10, "burstUnits": 40, "maxRequestUnits": 5 } } } """;
        Assert.Equal(Valid, CharterReader.Read(Head + "}").Charter!.Governance);
        Charter charter = CharterReader.Read(Head + """, "governance": { "quorumPermille": 500, "timelockMs": 86400000, "propose": "membersAndOperators" } }""").Charter!;
        Assert.Equal(Valid with { QuorumPermille = 500, TimelockMs = Day, Propose = ProposeRight.MembersAndOperators }, charter.Governance);
        CharterReading wrong = CharterReader.Read(Head + """, "governance": { "quorum": 1, "timelockMs": 3600000, "cancel": "nobody" } }""");
        Assert.Equal(
            [
                "governance.cancel: must be one of \"proposer\", \"proposerAndOperators\"; was \"nobody\"",
                "governance.quorum: is not known here.",
                "governance.timelockMs: must be a whole number from 86,400,000 to 7,776,000,000; was 3,600,000",
            ],
            wrong.Errors.Select(error => error.ToString().Split(" Known")[0].Split(" Did")[0]));
    }

    private static Gen<GovernancePolicy> Any =>
        from spans in Gen.Select(Gen.Long[0, 30 * Day], Gen.Long[30 * Day, 90 * Day], Gen.Long[0, 30 * Day], Gen.Long[Day, 90 * Day], Gen.Long[Day, 180 * Day])
        from rest in Gen.Select(Gen.Int[1, 1000], Gen.Long[Hour, 30 * Day], Gen.Int[0, 2], Gen.Int[0, 1], Gen.Int[1, 9])
        select new GovernancePolicy
        {
            Version = rest.Item5,
            VotingDelayMs = spans.Item1,
            VotingPeriodMs = spans.Item2,
            LateQuorumExtensionMs = spans.Item3,
            TimelockMs = spans.Item4,
            ExecutionPeriodMs = spans.Item5,
            QuorumPermille = rest.Item1,
            EmergencyLongestMs = rest.Item2,
            Propose = (ProposeRight)rest.Item3,
            Cancel = (CancelRight)rest.Item4,
        };
}
