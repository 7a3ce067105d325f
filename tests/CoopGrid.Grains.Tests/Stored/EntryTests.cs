using System.Text.Json;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Stored;

/// <summary>
/// Entries of the ledger, byte for byte as they were first released. A kind that is changed makes old ledgers unreadable: add a kind
/// instead, with a line in entries-v1.hex.
/// </summary>
public sealed class EntryTests
{
    private static readonly Instant At = new(1_800_000_000_123_456);

    internal static readonly Admitted Admission = new(
        5, At, 500_000, 2, "Schlüssel", 0xFEDCBA9876543210, "standard", 1250, new Covered(1, 2, 3, 4, 5), 4_000, 60, 7_000_000, "relay");

    private static readonly BankAccount Bank = new(1000, 300, 100, 600, 167_999, 168, 499_998);

    private static readonly Dictionary<string, MemberEntry> Examples = new()
    {
        ["enrolled"] = new Enrolled(1, At, -3, 1, "homes", 168),
        ["suspended"] = new StatusChanged(2, At, 500_000, 1, MemberStatus.Suspended, "unpaid"),
        ["entitled"] = new EntitlementChanged(3, At, 500_000, 1, "critical", true),
        ["no-longer-entitled"] = new EntitlementChanged(4, At, 500_000, 1, "critical", false),
        ["admitted"] = Admission,
        ["cancelled"] = new Cancelled(6, At, 500_001, 2, "Schlüssel", 500_000, 3, 10),
        ["meter-registered"] = new MeterRegistered(7, At, 500_001, 2, "meter"),
        ["usage-reported"] = new UsageReported(8, At, 500_003, 2, "meter", 41, 77, [new(500_001, 30, 0, 1000), new(500_002, 3, 47, 1980)]),
        ["evidence-kept"] = new EvidenceKept(long.MaxValue, new(long.MinValue), long.MinValue, int.MaxValue, "", 41, ulong.MaxValue, 0),
        ["admitted-banked"] = Admission with { Bank = Bank },
        ["admitted-under-a-reservation-with-a-ticket"] = Admission with { Reservation = new(5_000_001, 7, At), Ticket = "1800000060-7" },
        ["cancelled-banked"] = new Cancelled(6, At, 500_001, 2, "Schlüssel", 500_000, 3, 10) { Bank = Bank, ReservedUnits = 2 },
        ["usage-reported-banked"] = new UsageReported(8, At, 500_003, 2, "meter", 41, 77, [new(500_001, 30, 0, 1000), new(500_002, 3, 47, 1980, 5)]) { Bank = Bank },
        ["epoch-began"] = new EpochBegan(9, At, 500_003, 2, new EpochSlices(676, 499_800, 500_544), 675),
        ["bank-decayed"] = new BankDecayed(10, At, 500_003, 2, new EpochSlices(675, 499_056, 499_800), Bank),
    };

    public static TheoryData<string> Names => [.. Examples.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_kind_is_written_and_read_as_it_was_first_released(string name)
    {
        byte[] golden = Golden.Read("entries-v1.hex")[name];
        Assert.Equal(Convert.ToHexStringLower(golden), Convert.ToHexStringLower(MemberEntryCodec.Encode(Examples[name])));
        MemberEntry read = MemberEntryCodec.Decode(golden);
        Assert.Equal(Examples[name].GetType(), read.GetType());
        Assert.Equal(JsonSerializer.Serialize<object>(Examples[name]), JsonSerializer.Serialize<object>(read));
    }

    [Fact]
    public void Every_kind_of_entry_has_its_bytes()
    {
        IEnumerable<Type> kinds = typeof(MemberEntry).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(MemberEntry)));
        Assert.Equal(kinds.Select(kind => kind.Name).Order(), Examples.Values.Select(entry => entry.GetType().Name).Distinct().Order());
    }

    /// <summary>Whatever is cut off or follows, an entry is not read as another.</summary>
    [Fact]
    public void Damaged_bytes_are_refused()
    {
        foreach (byte[] golden in Golden.Read("entries-v1.hex").Values)
        {
            for (int length = 0; length < golden.Length; length++) Assert.ThrowsAny<Exception>(() => MemberEntryCodec.Decode(golden.AsSpan(0, length)));
            Assert.Throws<FormatException>(() => MemberEntryCodec.Decode([.. golden, 0]));
        }

        Assert.Throws<FormatException>(() => MemberEntryCodec.Decode([99, 0, 0, 0, 0]));
    }
}
