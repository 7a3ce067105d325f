using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>Every charter that the repository ships or replays is valid, and says what its README says.</summary>
public sealed class FoundingChartersTests
{
    private const string Shipped = "silo/CoopGrid.Silo/charters";
    private const string Replayed = "loadtest/charters";

    public static TheoryData<string> Files => [.. Charters(Shipped), .. Charters(Replayed)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Is_valid(string file)
    {
        CharterReading reading = CharterReader.Read(File.ReadAllBytes(Path.Combine(Root(), file)));
        Assert.Empty(reading.Errors);
        Assert.NotNull(reading.Charter);
    }

    [Fact]
    public void Four_are_shipped()
    {
        Assert.Equal(
            ["bandwidth.json", "blockspace.json", "electricity.json", "messaging.json"],
            Charters(Shipped).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Splitting_a_household_is_warned_of(string file)
    {
        Charter charter = Read(file);
        Assert.Equal(
            charter.Classes.Select(found => $"classes.{found.Name}.tariff.fixedFee"),
            charter.Warnings().Select(warning => warning.Path));
    }

    [Fact]
    public void A_laptop_reaches_the_messaging_capacity()
    {
        Charter charter = Read($"{Shipped}/messaging.json");
        ClassPolicy people = charter.FindClass("people")!.Policy;
        Assert.Equal(new CapacityPolicy { UnitsPerSecond = 2000, BurstUnits = 4000, MaxRequestUnits = 300 }, people.Capacity);
        Assert.Equal(["messages", "bytes", "byte_days"], people.Weights.Select(weight => weight.Dimension));
        Assert.Equal(["critical"], charter.Members.Single(member => member.Name == "ambulance").Entitlements);
        Assert.Contains("alice@example.org", charter.Members[0].Senders);
    }

    [Fact]
    public void Electricity_is_metered_with_a_dear_late_afternoon()
    {
        ClassPolicy homes = Read($"{Shipped}/electricity.json").FindClass("residential")!.Policy;
        Assert.Equal(UsageEntry.Metered, homes.Entry);
        Assert.Equal(new TouBand { Days = 127, FromMinute = 16 * 60, ToMinute = 21 * 60, Permille = 2450 }, Assert.Single(homes.Price.TimeOfUse));
        Assert.Equal(new BankPolicy { SharePermille = 500, CapUnits = 25_000, DecayPermille = 500 }, homes.Bank);
    }

    [Fact]
    public void An_account_may_use_a_tenth_of_a_week_of_blockspace()
    {
        ClassPolicy accounts = Read($"{Shipped}/blockspace.json").FindClass("accounts")!.Policy;
        Assert.Equal(accounts.Capacity.UnitsPerSecond * 7 * 86_400 / 10, accounts.Quota.WindowUnits);
    }

    /// <summary>What each of the four has against its peaks; FoundingChartersInUseTests uses it on a silo.</summary>
    [Fact]
    public void Each_has_what_fits_its_peaks()
    {
        ClassPolicy homes = Read($"{Shipped}/electricity.json").FindClass("residential")!.Policy;
        Assert.True(homes is { Price.CapPermille: > 1000, Tariff.BaselineUnits: > 0, Bank.SharePermille: > 0 } && homes.Price.TimeOfUse.Length > 0);
        ClassPolicy accounts = Read($"{Shipped}/blockspace.json").FindClass("accounts")!.Policy;
        Assert.True(accounts is { Price.CapPermille: > 1000, Market.SellablePermille: > 0 });
        ClassPolicy lines = Read($"{Shipped}/bandwidth.json").FindClass("residential")!.Policy;
        Assert.True(lines is { Market.SellablePermille: > 0, Deferral.HorizonMs: > 0 } && lines.Lanes.Any(lane => lane.Priority == LanePriority.Bulk));
        ClassPolicy people = Read($"{Shipped}/messaging.json").FindClass("people")!.Policy;
        Assert.True(people is { Price.CapPermille: > 1000, Quota.UnitsPerSecond: > 0, Deferral.HorizonMs: > 0 });
    }

    private static Charter Read(string file) => CharterReader.Read(File.ReadAllBytes(Path.Combine(Root(), file))).Charter!;

    private static IEnumerable<string> Charters(string folder) =>
        Directory.GetFiles(Path.Combine(Root(), folder), "*.json").Select(file => Path.GetRelativePath(Root(), file));

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "CoopGrid.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("CoopGrid.sln is in no folder above the tests");
    }
}
