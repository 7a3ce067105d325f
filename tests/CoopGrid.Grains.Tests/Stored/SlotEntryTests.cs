using System.Text.Json;
using CoopGrid.Domain.Market;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Stored;

/// <summary>
/// Entries of slots' books, byte for byte as they were first released. A kind that is changed makes old books unreadable: add a kind instead, with a
/// line in slot-entries-v1.hex.
/// </summary>
public sealed class SlotEntryTests
{
    internal static readonly Instant At = new(1_800_000_000_123_456);

    private static readonly SlotTerms Terms = new()
    {
        Slot = 6_000_000,
        PolicyVersion = 3,
        Opens = Instant.FromUnixMs(1_799_395_200_000),
        GateCloses = Instant.FromUnixMs(1_799_999_940_000),
        Starts = Instant.FromUnixMs(1_800_000_000_000),
        Seconds = 300,
        SellableUnitsPerSecond = 400,
        ReservePrice = 20,
        MemberCapUnitsPerSecond = 250,
    };

    private static readonly MarketRequest Request = new()
    {
        Member = "Zoë",
        Key = "Schlüssel",
        Kind = MarketRequestKind.Replace,
        Bid = 2,
        UnitsPerSecond = 100,
        UnitPrice = 1_000_000_000_000,
    };

    internal static readonly Dictionary<string, SlotEntry> Examples = new()
    {
        ["opened"] = new SlotOpened(1, At, Terms),
        ["request-accepted"] = new RequestAccepted(3, At, Request),
        ["cleared"] = new SlotCleared(4, At, 40, [new(2, "ann", 250, 1, 2), new(3, "Zoë", 0, 0, 0) { BelowReserveUnitsPerSecond = 7 }]),
        ["cleared-without-bids"] = new SlotCleared(4, At, 20, []),
        ["member-revoked"] = new MemberRevoked(5, At, "ann"),
        ["started"] = new SlotStarted(6, At),
        ["ended"] = new SlotEnded(long.MaxValue, new(long.MinValue)),
    };

    public static TheoryData<string> Names => [.. Examples.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_kind_is_written_and_read_as_it_was_first_released(string name)
    {
        byte[] golden = Golden.Read("slot-entries-v1.hex")[name];
        Assert.Equal(Convert.ToHexStringLower(golden), Convert.ToHexStringLower(SlotEntryCodec.Encode(Examples[name])));
        SlotEntry read = SlotEntryCodec.Decode(golden);
        Assert.Equal(Examples[name].GetType(), read.GetType());
        Assert.Equal(JsonSerializer.Serialize<object>(Examples[name]), JsonSerializer.Serialize<object>(read));
    }

    [Fact]
    public void Every_kind_of_entry_has_its_bytes()
    {
        IEnumerable<Type> kinds = typeof(SlotEntry).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(SlotEntry)));
        Assert.Equal(kinds.Select(kind => kind.Name).Order(), Examples.Values.Select(entry => entry.GetType().Name).Distinct().Order());
    }

    /// <summary>Whatever is cut off or follows, an entry is not read as another.</summary>
    [Fact]
    public void Damaged_bytes_are_refused()
    {
        foreach (byte[] golden in Golden.Read("slot-entries-v1.hex").Values)
        {
            for (int length = 0; length < golden.Length; length++) Assert.ThrowsAny<Exception>(() => SlotEntryCodec.Decode(golden.AsSpan(0, length)));
            Assert.Throws<FormatException>(() => SlotEntryCodec.Decode([.. golden, 0]));
        }

        Assert.Throws<FormatException>(() => SlotEntryCodec.Decode([99, 0, 0]));
    }
}
