using System.Text;
using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Stored;

/// <summary>
/// Entries of a co-op's emergency actions, byte for byte as they were first released. What is changed makes old ones unreadable: add a kind or a field instead, with a
/// line in emergencies-v1.jsonl, whose present lines must still be read.
/// </summary>
public sealed class EmergencyEntryTests
{
    private static readonly Instant At = new(1_800_000_000_123_456);

    private static readonly Dictionary<string, EmergencyEntry> Examples = new()
    {
        ["suspended"] = new EmergencyDeclared(1, At, "Jörg", "A \"flood\"\nof messages.", new SuspendMember("ann"), At.PlusMs(3_600_000)),
        ["capped"] = new EmergencyDeclared(2, At, "olga", "a storm", new LowerCap("homes", 1500), new(long.MaxValue)),
        ["guaranteed"] = new EmergencyDeclared(int.MaxValue, new(long.MinValue), "olga", "a fire", new RaiseGuarantee("homes", "critical", 300), At),
        ["lifted"] = new EmergencyLifted(1, At, "olga", "a mistake"),
    };

    public static TheoryData<string> Names => [.. Examples.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_kind_is_written_and_read_as_it_was_first_released(string name)
    {
        string golden = Lines()[name];
        Assert.Equal(golden, Encoding.UTF8.GetString(EmergencyEntryJson.Write(Examples[name])));
        Assert.Equal(Examples[name], EmergencyEntryJson.Read(Encoding.UTF8.GetBytes(golden)));
    }

    [Fact]
    public void Every_kind_of_entry_and_of_action_has_its_bytes()
    {
        Assert.Equal(Kinds(typeof(EmergencyEntry)), Examples.Values.Select(entry => entry.GetType().Name).Distinct().Order());
        Assert.Equal(Kinds(typeof(EmergencyAction)), Examples.Values.OfType<EmergencyDeclared>().Select(declared => declared.Action.GetType().Name).Order());
        Assert.Equal(Examples.Keys, Lines().Keys);

        static IEnumerable<string> Kinds(Type of) => of.Assembly.GetTypes().Where(type => type.IsSubclassOf(of)).Select(type => type.Name).Order();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"kind":"praised","number":1,"at":1,"by":"olga","reason":"r"}""")]
    [InlineData("""{"kind":"declared","number":1,"at":1,"by":"olga","reason":"r","endsAt":2,"expelMember":{"member":"ann"}}""")]
    [InlineData("""{"kind":"lifted","number":"1","at":1,"by":"olga","reason":"r"}""")]
    public void What_is_not_known_is_refused(string json) => Assert.Throws<FormatException>(() => EmergencyEntryJson.Read(Encoding.UTF8.GetBytes(json)));

    private static Dictionary<string, string> Lines()
    {
        using var reader = new StreamReader(typeof(EmergencyEntryTests).Assembly.GetManifestResourceStream("emergencies-v1.jsonl")!);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 2)).ToDictionary(parts => parts[0], parts => parts[1]);
    }
}
