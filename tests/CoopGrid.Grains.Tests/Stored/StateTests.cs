using System.Text.Json;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Governance;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Governance;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Storage;
using Xunit;

namespace CoopGrid.Grains.Tests.Stored;

/// <summary>
/// Grain state through the storage's serializer, byte for byte as it was first released. A field's meaning or number never changes; a field
/// that is added makes a states-v2.hex beside this, and the old file must still be read.
/// </summary>
public sealed class StateTests
{
    private static readonly Instant At = new(1_800_000_000_123_456);

    private static readonly MemberCheckpoint Member = new()
    {
        Producer = 3,
        Position = 300,
        Status = MemberStatus.Suspended,
        Class = "homes",
        Enrolled = At,
        Sequence = 41,
        LastSlice = 500_000,
        TotalUnits = 1234,
        StatusReason = "unpaid",
        WindowSlices = 168,
        NewestSlice = 500_001,
        Usage = [new(499_999, 7), new(500_000, 8)],
        QuotaSpentMicroUnits = 5_000_000,
        QuotaAt = At,
        Entitlements = ["critical"],
        Meters = [new("meter", 9, ulong.MaxValue, 499_999)],
        Blocks = [new(4, At)],
        Returns = [new("key", 2)],
    };

    private static readonly ClassPolicy Policy = new()
    {
        Version = 2,
        Window = new() { SliceMs = 900_000, Slices = 96, GraceMs = 900_000, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 86_400_000 } },
        Tariff = new() { FixedFee = 1, Rate = 2, ComfortPermille = 3, MeanBasis = MeanBasis.PreviousEpoch, BaselineUnits = 4 },
        Capacity = new() { UnitsPerSecond = 5, BurstUnits = 6, MaxRequestUnits = 7 },
        Quota = new() { UnitsPerSecond = 8, BurstUnits = 9, WindowUnits = 10 },
        Price = new() { ControlPeriodMs = 11, TargetPermille = 12, DoublingPeriods = 13, CapPermille = 1400, TimeOfUse = [new() { Days = 1, FromMinute = 2, ToMinute = 3, Permille = 4 }] },
        Weights = [new() { Dimension = "bytes", Units = 1, Per = 1000 }],
        DedupeWindowMs = 700_000,
        RelaxedAllowed = true,
    };

    private static readonly ClassCheckpoint Class = new()
    {
        Policies = new(Policy with { Version = 1, Entry = UsageEntry.Metered }, Policy, 500_010, "Europe/Berlin"),
        Epoch = 5,
        NewestSlice = 500_001,
        Usage = [new(500_000, 15)],
        Members = 12,
        Producers = [new(3, 300, 500_000), new(4, 1, long.MinValue)],
        OpenSlice = 500_000,
    };

    private static readonly PolicyOrigin Vote = new()
    {
        Version = 2,
        Proposal = "p-1",
        Tally = new(3, 2, 1),
        Electorate = 9,
        DecidedAt = At,
        ExecutedAt = At.PlusMs(86_400_000),
    };

    private static readonly PolicyOrigin Founding = new() { Version = 1, DecidedAt = At, ExecutedAt = At };

    private static readonly CoopCheckpoint Coop = new()
    {
        CharterJson = """{ "coop": "isle", "governance": { "quorumPermille": 300 }, "classes": { "homes": { "capacity": { "unitsPerSecond": 10, "burstUnits": 100, "maxRequestUnits": 1 } } } }""",
        Profile = new("isle", "The isle", "shell", "Europe/Berlin", ["homes"]),
        Complete = true,
        Governance = [new(new(), Founding), new(new() { Version = 2, QuorumPermille = 500 }, Vote)],
        Execution = new("p-2", "anybody"),
    };

    private static readonly OrleansGrainStorageSerializer Serializer =
        new(new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>());

    [Fact]
    public void A_member() => Check(
        "member",
        Member with
        {
            Blocks = [new(4, At, 17)],
            EnrolledIn = 499_000,
            LeftIn = 500_001,
            FirstUnbilled = 675,
            Epochs =
            [
                new() { Number = 675, First = 498_000, End = 499_056, Units = 9, EnrolledFrom = 499_000 },
                new() { Number = 676, First = 499_056, End = 499_800, Units = 40, CountedSlices = 12, LeftIn = 499_067, Surged = [new(2, 1500, 8), new(2, 2000, 3, true)] },
            ],
            Bank = new(1000, 300, 100, 600, 167_999, 168, 499_998),
            Reservation = new(5_000_001, 7, At),
            Late = new()
            {
                Sums = [new(675, 9, [new(2, 1500, 8)])],
                Waiting = [new("meter", 8, new(675, 1, []), new(675, 8, [new(2, 1500, 8)]))],
            },
            Final = new(676, 499_056, 499_800, 1234, 5678, 2, Policy.Tariff, 675, 6, 7),
            Tickets = [new(7, "", "Schlüssel", 9, 1_800_000_060, 500, ""), new(8, "", "k", 1, 1_800_000_061, 100, "r")],
        },
        "states-v5.hex");

    /// <summary>Before there were late units, exits, tickets and use beyond a reservation.</summary>
    [Fact]
    public void A_member_of_the_fourth_version()
    {
        MemberCheckpoint read = Serializer.Deserialize<MemberCheckpoint>(Golden.Read("states-v4.hex")["member"])!;
        Assert.Equal((600, null, null), (read.ToAccount().Bank.Held, read.Late, read.Final));
        Assert.Equal((MemberLate.None, null), (read.ToAccount().Late, read.ToAccount().Final));
        Assert.Empty(read.ToAccount().Tickets.All);
        Assert.Equal([new StoredSurged(2, 1500, 8)], read.Epochs[1].Surged);
    }

    [Fact]
    public void A_calendar_of_tickets() => Check(
        "tickets",
        new CalendarCheckpoint
        {
            Sequence = 9,
            LastNumber = 8,
            PassedThrough = 1_799_999_999,
            Totals = [(Int128)1 << 80, 3, 4],
            Tickets = [new(8, "ann", "k", 1, 1_800_000_061, 100, "")],
            Reserved = [new(1_800_000_000, 1_800_000_300, 400)],
        },
        "states-v5.hex");

    [Fact]
    public void An_empty_calendar() => Assert.Equal(0, new CalendarCheckpoint().ToCalendar().Sequence);

    /// <summary>Before there were banks: saving begins with the slice after the newest one.</summary>
    [Fact]
    public void A_member_of_the_third_version()
    {
        MemberCheckpoint read = Serializer.Deserialize<MemberCheckpoint>(Golden.Read("states-v3.hex")["member"])!;
        Assert.Equal((675, 2), (read.FirstUnbilled, read.Epochs.Length));
        Assert.Equal((BankAccount.Opened(500_002), default), (read.ToAccount().Bank, read.ToAccount().Reservation));
    }

    /// <summary>Before epochs were counted: the member has been there since before the first one.</summary>
    [Fact]
    public void A_member_of_the_second_version()
    {
        MemberCheckpoint read = Serializer.Deserialize<MemberCheckpoint>(Golden.Read("states-v2.hex")["member"])!;
        Assert.Equal(JsonSerializer.Serialize(Member with { Blocks = [new(4, At, 17)] }), JsonSerializer.Serialize(read));
        Assert.Equal(12, read.ToAccount().FiguresOf(new(7, 500_000, 500_012), long.MaxValue)!.EnrolledSlices);
    }

    /// <summary>Key blocks had no producer then, and are found under their old names.</summary>
    [Fact]
    public void A_member_of_the_first_version()
    {
        MemberCheckpoint read = Serializer.Deserialize<MemberCheckpoint>(Golden.Read("states-v1.hex")["member"])!;
        Assert.Equal(JsonSerializer.Serialize(Member), JsonSerializer.Serialize(read));
        Assert.Equal("isle/ann#4", read.Blocks[0].KeyOf(new("isle", "ann")));
        Assert.Equal("isle/ann#17.4", new KeyBlockRef(4, At, 17).KeyOf(new("isle", "ann")));
    }

    [Fact]
    public void A_block_of_keys() => Check("keys", new KeyBlock { Entries = [MemberEntryCodec.Encode(EntryTests.Admission).ToArray()] });

    [Fact]
    public void A_class() => Check(
        "class",
        Class with
        {
            Policies = WithAll(Class.Policies!),
            History = [new(Class.Policies!.Current, 0, Founding), new(Policy, 500_010, Vote)],
            Schedule = new() { Runs = [new(Policy.Window.Epoch, 499_968, 0, 1), new(new(), 500_064, -4, 672)], Until = 500_736 },
            Epochs = [new(5208, 499_968, 500_064, 1234, 1152, 1, Policy.Tariff), new(5209, 500_064, 500_160, 0, 1152, 0, null)],
            FirstUnbilled = 5208,
            Late = [new(5207, 48)],
            SlotsHandedInBeforeUnixMs = 1_800_000_300_000,
        },
        "states-v5.hex");

    /// <summary>There was no share for the commons then, nothing came late, and no class handed slots in.</summary>
    [Fact]
    public void A_class_of_the_fourth_version()
    {
        ClassCheckpoint read = Serializer.Deserialize<ClassCheckpoint>(Golden.Read("states-v4.hex")["class"])!;
        Assert.Equal((0, 1), (read.Policies!.Current.Tariff.CommonsPermille, read.Policies.Current.Bank.SharePermille));
        Assert.True(read.Late.IsDefaultOrEmpty);
        Assert.Empty(read.ToFold().Epochs.Late);
        Assert.Null(read.SlotsHandedInBeforeUnixMs);
    }

    /// <summary>Policies had neither bank nor deferral then.</summary>
    [Fact]
    public void A_class_of_the_third_version()
    {
        ClassCheckpoint read = Serializer.Deserialize<ClassCheckpoint>(Golden.Read("states-v3.hex")["class"])!;
        Assert.Equal((60_000, new BankPolicy(), new DeferralPolicy()), (read.Policies!.Current.Market.SlotMs, read.Policies.Current.Bank, read.Policies.Current.Deferral));
        Assert.Equal((5208, 2), (read.FirstUnbilled, read.Epochs.Length));
    }

    /// <summary>There was no market then, no epochs and no votes: the versions that were in force and to come begin the history.</summary>
    [Fact]
    public void A_class_of_the_first_version()
    {
        ClassCheckpoint read = Serializer.Deserialize<ClassCheckpoint>(Golden.Read("states-v1.hex")["class"])!;
        Assert.Equal(JsonSerializer.Serialize(Class), JsonSerializer.Serialize(read));
        Assert.Equal(new MarketPolicy(), read.Policies!.Next!.Market);
        Assert.Empty(read.ToFold().Epochs.All);
        PolicyHistory history = read.ToHistory("homes");
        Assert.Equal([1, 2], history.Versions.Select(version => version.Policy.Version));
        Assert.Equal((1, 2), (history.InForceAt(500_009).Policy.Version, history.InForceAt(500_010).Policy.Version));
        Assert.All(history.Versions, version => Assert.True(version.Origin.IsFounding));
    }

    [Fact]
    public void A_coop() => Check("coop", Coop, "states-v2.hex");

    /// <summary>Its numbers are those of its charter then, which may not name them.</summary>
    [Fact]
    public void A_coop_of_the_first_version()
    {
        CoopCheckpoint read = Serializer.Deserialize<CoopCheckpoint>(Golden.Read("states-v1.hex")["coop"])!;
        Assert.Equal(("{}", "The isle", true), (read.CharterJson, read.Profile!.Title, read.Complete));
        Assert.True(read.Governance.IsEmpty);
        Assert.Null(read.Execution);
        GovernanceVersion first = Assert.Single((read with { CharterJson = Coop.CharterJson }).ToVersions());
        Assert.Equal((1, 300, 1), (first.Governance.Version, first.Governance.QuorumPermille, first.Origin.Version));
        Assert.Empty(new CoopCheckpoint().ToVersions());
    }

    [Fact]
    public void An_empty_class() => Check("empty-class", new ClassCheckpoint(), "states-v5.hex");

    [Fact]
    public void An_empty_class_of_the_third_version() => Assert.Equal(
        JsonSerializer.Serialize(new ClassCheckpoint()),
        JsonSerializer.Serialize(Serializer.Deserialize<ClassCheckpoint>(Golden.Read("states-v3.hex")["empty-class"])));

    [Fact]
    public void An_empty_class_of_the_first_version() => Assert.Equal(
        JsonSerializer.Serialize(new ClassCheckpoint()),
        JsonSerializer.Serialize(Serializer.Deserialize<ClassCheckpoint>(Golden.Read("states-v1.hex")["empty-class"])));

    /// <summary>The class may have heard of a cancel before the admission (two producers).</summary>
    [Fact]
    public void A_class_with_a_slice_below_zero_comes_back()
    {
        var fold = new ClassFold(Class.Policies!.Current.Window.Slices);
        fold.Apply(3, 0, 1, [new(500_000, -7, 0), new(500_001, 4, 0)], long.MinValue);
        ClassFold back = Serializer.Deserialize<ClassCheckpoint>(Serializer.Serialize(Class.With(fold, 500_000)))!.ToFold();
        Assert.Equal([new(500_000, -7), new(500_001, 4)], back.Window.Held);
        Assert.Equal(-3, back.Window.Usage);
    }

    private static ClassPolicies WithAll(ClassPolicies policies)
    {
        MarketPolicy market = new()
        {
            SlotMs = 60_000,
            GateClosureMs = 1,
            AheadMs = 2,
            SellablePermille = 3,
            ReservePrice = 4,
            MemberCapUnitsPerSecond = 5,
            OveragePermille = 1500,
        };
        return policies with { Current = All(policies.Current), Next = All(policies.Next!) };

        ClassPolicy All(ClassPolicy policy) => policy with
        {
            Market = market,
            Tariff = policy.Tariff with { CommonsPermille = 7 },
            Bank = new() { SharePermille = 1, CapUnits = 2, DecayPermille = 3 },
            Deferral = new() { DeferMinMs = 4, HorizonMs = 5, MemberCapUnits = 6 },
        };
    }

    private static void Check<T>(string name, T example, string file = "states-v1.hex")
    {
        byte[] golden = Golden.Read(file)[name];
        Assert.Equal(Convert.ToHexStringLower(golden), Convert.ToHexStringLower(Serializer.Serialize(example)));
        Assert.Equal(JsonSerializer.Serialize(example), JsonSerializer.Serialize(Serializer.Deserialize<T>(golden)));
    }
}
