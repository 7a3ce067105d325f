using System.Text;
using System.Text.Json;
using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Stored;

/// <summary>
/// Entries of proposals' books, byte for byte as they were first released. What is changed makes old votes unreadable: add a kind or a field instead, with a
/// line in the newest proposals-vN.jsonl; the lines of older ones must still be read.
/// </summary>
public sealed class ProposalEntryTests
{
    private static readonly Instant At = new(1_800_000_000_123_456);

    // Every field differs from its default, so that none can be left out.
    private static readonly ClassPolicy Policy = new()
    {
        Entry = UsageEntry.Metered,
        Window = new() { SliceMs = 900_000, Slices = 96, GraceMs = 900_000, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 86_400_000 } },
        Tariff = new() { FixedFee = 1, Rate = 2, ComfortPermille = 3, MeanBasis = MeanBasis.PreviousEpoch, BaselineUnits = 4, CommonsPermille = 11 },
        Capacity = new() { UnitsPerSecond = 5, BurstUnits = 6, MaxRequestUnits = 7 },
        Lanes = [new() { Name = "all", Priority = LanePriority.Bulk, GuaranteedPermille = 8, NeedsEntitlement = true, SurgeExempt = true, LongestWaitMs = 9 }],
        Quota = new() { UnitsPerSecond = 8, BurstUnits = 9, WindowUnits = 10 },
        Price = new() { ControlPeriodMs = 11, TargetPermille = 12, DoublingPeriods = 13, CapPermille = 1400, TimeOfUse = [new() { Days = 65, FromMinute = 2, ToMinute = 1440, Permille = 4 }] },
        Weights = [new() { Dimension = "bytes", Units = 1, Per = 1000 }],
        DedupeWindowMs = 700_000,
        RelaxedAllowed = true,
        Market = new() { SlotMs = 60_000, GateClosureMs = 1, AheadMs = 2, SellablePermille = 3, ReservePrice = 4, MemberCapUnitsPerSecond = 5, OveragePermille = 1500 },
        Bank = new() { SharePermille = 1, CapUnits = 2, DecayPermille = 3 },
        Deferral = new() { DeferMinMs = 4, HorizonMs = 5, MemberCapUnits = 6 },
    };

    private static readonly TariffPolicy WithoutCommons = Policy.Tariff with { CommonsPermille = 0 };

    private static readonly GovernancePolicy Numbers = new()
    {
        Version = 3,
        VotingDelayMs = 1,
        VotingPeriodMs = 2,
        QuorumPermille = 3,
        LateQuorumExtensionMs = 4,
        TimelockMs = 5,
        ExecutionPeriodMs = 6,
        EmergencyLongestMs = 7,
        Propose = ProposeRight.MembersAndOperators,
        Cancel = CancelRight.ProposerAndOperators,
    };

    private static readonly Dictionary<string, ProposalEntry> Examples = new()
    {
        ["made-policy"] = new ProposalMade(
            1, At, "Jörg", new("More \"room\"", "Two\nlines.", new ClassPolicyChange("homes", 4, Policy)), [new("a", "1", null), new("b[0]", null, "\"x\"")], Numbers),
        ["made-governance"] = new ProposalMade(1, At, "ann", new("t", "w", new GovernanceChange(1, Numbers with { Version = 1 })), [], new()),
        ["made-spending"] = new ProposalMade(1, At, "ann", new("t", "w", new CommonsSpending("the park", long.MaxValue)), [], Numbers),
        ["made-spending-to-member"] = new ProposalMade(1, At, "ann", new("t", "w", new CommonsSpending("ann", 7, ToMember: true)), [], new()),
        ["counted"] = new ElectorateCounted(2, At, 40),
        ["vote-for"] = new VoteCast(3, At, "ann", VoteChoice.For),
        ["vote-against"] = new VoteCast(4, At, "bob", VoteChoice.Against),
        ["vote-abstain"] = new VoteCast(5, At, "cyd", VoteChoice.Abstain),
        ["cancelled"] = new ProposalCancelled(6, At, "ann", "A mistake."),
        ["queued"] = new ProposalQueued(7, At, "anybody"),
        ["executed"] = new ProposalExecuted(long.MaxValue, new(long.MinValue), "anybody", 5, 2_000_000),
    };

    public static TheoryData<string> Names => [.. Examples.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_kind_is_written_and_read_as_it_was_first_released(string name)
    {
        string golden = Lines()[name];
        Assert.Equal(golden, Encoding.UTF8.GetString(ProposalEntryJson.Write(Examples[name])));
        ProposalEntry read = ProposalEntryJson.Read(Encoding.UTF8.GetBytes(golden));
        Assert.Equal(Examples[name].GetType(), read.GetType());
        Assert.Equal(Shown(Examples[name]), Shown(read));
    }

    /// <summary>A policy of the first version says nothing of what came later, and has its defaults.</summary>
    [Fact]
    public void A_change_of_policy_of_the_first_version()
    {
        var read = (ProposalMade)ProposalEntryJson.Read(Encoding.UTF8.GetBytes(Lines("proposals-v1.jsonl")["made-policy"]));
        ClassPolicy first = Policy with { Tariff = WithoutCommons, Market = new(), Bank = new(), Deferral = new() };
        Assert.Equal(JsonSerializer.Serialize(first), JsonSerializer.Serialize(((ClassPolicyChange)read.Draft.Change).New));
    }

    /// <summary>There was no share for the commons then.</summary>
    [Fact]
    public void A_change_of_policy_of_the_second_version()
    {
        var read = (ProposalMade)ProposalEntryJson.Read(Encoding.UTF8.GetBytes(Lines("proposals-v2.jsonl")["made-policy"]));
        Assert.Equal(JsonSerializer.Serialize(Policy with { Tariff = WithoutCommons }), JsonSerializer.Serialize(((ClassPolicyChange)read.Draft.Change).New));
    }

    [Fact]
    public void Every_kind_of_entry_and_of_change_has_its_bytes()
    {
        Assert.Equal(Kinds(typeof(ProposalEntry)), Examples.Values.Select(entry => entry.GetType().Name).Distinct().Order());
        Assert.Equal(
            Kinds(typeof(ProposedChange)),
            Examples.Values.OfType<ProposalMade>().Select(made => made.Draft.Change.GetType().Name).Distinct().Order());
        Assert.Equal(Examples.Keys.Order(), Lines().Keys.Order());

        static IEnumerable<string> Kinds(Type of) => of.Assembly.GetTypes().Where(type => type.IsSubclassOf(of)).Select(type => type.Name).Order();
    }

    /// <summary>What this version does not know is refused, and not read as something else.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"kind":"vote","sequence":3,"at":1,"member":"ann","choice":"perhaps"}""")]
    [InlineData("""{"kind":"vote","sequence":3,"at":1,"member":"ann"}""")]
    [InlineData("""{"kind":"praised","sequence":3,"at":1}""")]
    [InlineData("""{"kind":"counted","sequence":3,"at":1,"members":"4"}""")]
    public void What_is_not_known_is_refused(string json) => Assert.Throws<FormatException>(() => ProposalEntryJson.Read(Encoding.UTF8.GetBytes(json)));

    private static string Shown(ProposalEntry entry) =>
        JsonSerializer.Serialize<object>(entry) + (entry is ProposalMade made ? JsonSerializer.Serialize<object>(made.Draft.Change) : "");

    private static Dictionary<string, string> Lines()
    {
        Dictionary<string, string> lines = Lines("proposals-v1.jsonl");
        foreach ((string name, string line) in Lines("proposals-v2.jsonl").Concat(Lines("proposals-v3.jsonl"))) lines[name] = line;
        return lines;
    }

    private static Dictionary<string, string> Lines(string file)
    {
        using var reader = new StreamReader(typeof(ProposalEntryTests).Assembly.GetManifestResourceStream(file)!);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 2)).ToDictionary(parts => parts[0], parts => parts[1]);
    }
}
