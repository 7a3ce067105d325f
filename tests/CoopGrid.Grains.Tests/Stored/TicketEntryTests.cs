using CoopGrid.Domain.Bank;
using Xunit;

namespace CoopGrid.Grains.Tests.Stored;

/// <summary>
/// Entries of calendars' books, byte for byte as they were first released. A kind that is changed makes old books unreadable: add a kind instead, with a
/// line in ticket-entries-v1.hex.
/// </summary>
public sealed class TicketEntryTests
{
    private static readonly Dictionary<string, TicketEntry> Examples = new()
    {
        ["issued"] = new TicketIssued(1, new(7, "Zoë", "Schlüssel", 1_000_000_000_000, 1_800_000_060, 500)),
        ["cancelled"] = new TicketCancelled(2, 7),
        ["expired"] = new TicketsExpired(3, 1_800_000_060),
        ["reserved"] = new SecondsReserved(long.MaxValue, 1_800_000_000, 1_800_000_300, 400),
    };

    public static TheoryData<string> Names => [.. Examples.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_kind_is_written_and_read_as_it_was_first_released(string name)
    {
        byte[] golden = Golden.Read("ticket-entries-v1.hex")[name];
        Assert.Equal(Convert.ToHexStringLower(golden), Convert.ToHexStringLower(TicketEntryCodec.Encode(Examples[name])));
        Assert.Equal(Examples[name], TicketEntryCodec.Decode(golden));
    }

    [Fact]
    public void Every_kind_of_entry_has_its_bytes()
    {
        IEnumerable<Type> kinds = typeof(TicketEntry).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(TicketEntry)));
        Assert.Equal(kinds.Select(kind => kind.Name).Order(), Examples.Values.Select(entry => entry.GetType().Name).Order());
    }

    [Fact]
    public void Damaged_bytes_are_refused()
    {
        foreach (byte[] golden in Golden.Read("ticket-entries-v1.hex").Values)
        {
            for (int length = 0; length < golden.Length; length++) Assert.ThrowsAny<Exception>(() => TicketEntryCodec.Decode(golden.AsSpan(0, length)));
            Assert.Throws<FormatException>(() => TicketEntryCodec.Decode([.. golden, 0]));
        }

        Assert.Throws<FormatException>(() => TicketEntryCodec.Decode([99, 0]));
    }
}
