using System.Net;
using System.Net.Sockets;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.BadInput;

/// <summary>A silo that cannot start says why in a sentence, exits with 2, and leaves the data folder as it was.</summary>
[Collection(ProcessCollection.Name)]
public sealed class StartTests
{
    private const string Class = """ "people": { "capacity": { "unitsPerSecond": 100, "burstUnits": 1000, "maxRequestUnits": 50 } } """;

    private static readonly string Charter = Charters.Of([Class], [Charters.Member("alice", "people")]);

    [Theory]
    [InlineData("{ \"coop\": ", "JSON")]
    [InlineData("{ \"coop\": \"test\" }", "classes")]
    [InlineData("{ \"coop\": \"test\", \"classes\": { \"people\": { \"capacity\": { \"unitsPerSecond\": 0, \"burstUnits\": 200, \"maxRequestUnits\": 50 } } } }", "classes.people.capacity.unitsPerSecond")]
    [InlineData("{ \"coop\": \"test\", \"classes\": { \"people\": { \"capacty\": { } } } }", "classes.people.capacty")]
    public async Task A_malformed_charter_is_refused_by_the_name_of_its_field(string charter, string field)
    {
        await using var folder = new SiloFolder(charter);
        Assert.Contains(field, await FailsToStart(folder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_charter_that_is_not_there_is_named()
    {
        await using var folder = new SiloFolder(Charter);
        folder.Settings["CoopGrid__Charter"] = "bandwith";
        Assert.Contains("bandwith", await FailsToStart(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CoopGrid__Grpc__MaxInFlight", "0", "CoopGrid:Grpc:MaxInFlight")]
    [InlineData("CoopGrid__Storage", "paper", "CoopGrid:Storage")]
    [InlineData("CoopGrid__Storage", "postgres", "CoopGrid:ConnectionString")]
    [InlineData("CoopGrid__Silo__Address", "here", "CoopGrid:Silo:Address")]
    [InlineData("CoopGrid__Grpc__Address", "", "CoopGrid:Grpc:Address")]
    [InlineData("CoopGrid__Silo__GrainDirectory", "yes", "CoopGrid:Silo:GrainDirectory")]
    [InlineData("CoopGrid__Silo__Kubernetes", "true", "CoopGrid:Silo:Kubernetes")]
    [InlineData("CoopGrid__Membership__ProbeTimeoutMs", "1", "CoopGrid:Membership:ProbeTimeoutMs")]
    [InlineData("CoopGrid__DataPath", "", "CoopGrid:DataPath")]
    [InlineData("CoopGrid__Checkpoints__MaxAgeMs", "0", "MaxAgeMs")]
    [InlineData("CoopGrid__Ledger__StallAfterMs", "1", "CoopGrid:Ledger:StallAfterMs")]
    [InlineData("CoopGrid__Grpc__MaxInFlight", "many", "CoopGrid:Grpc:MaxInFlight")]
    public async Task A_setting_out_of_range_is_named(string name, string value, string told)
    {
        await using var folder = new SiloFolder(Charter);
        folder.Settings[name] = value;
        Assert.Contains(told, await FailsToStart(folder), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.DataPath), "The data folder was made.");
    }

    [Theory]
    [InlineData("Grpc", 99999)]
    [InlineData("Http", -1)]
    [InlineData("Silo", 0)]
    public async Task A_port_out_of_range_is_named(string door, int port)
    {
        await using var folder = new SiloFolder(Charter);
        SiloProcess silo = folder.Launch(settings => settings[$"CoopGrid__{door}__Port"] = $"{port}");
        Assert.Equal(2, await silo.ExitAsync());
        Assert.Contains($"CoopGrid:{door}:Port", silo.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Grpc", "{0}")]
    [InlineData("Silo", "CoopGrid:Silo:Port")]
    public async Task A_port_in_use_is_named(string door, string told)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var folder = new SiloFolder(Charter);
        SiloProcess silo = folder.Launch(settings => settings[$"CoopGrid__{door}__Port"] = $"{port}");
        Assert.True(await silo.ExitAsync() == 2, $"It did not exit with 2; it wrote:\n{silo.Log}");
        Assert.Contains(told.Replace("{0}", $"{port}", StringComparison.Ordinal), silo.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", silo.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_in_use_is_left_alone()
    {
        await using var folder = new SiloFolder(Charter);
        SiloProcess first = await folder.StartAsync();
        SiloProcess second = folder.Launch();
        Assert.Equal(2, await second.ExitAsync());
        Assert.Contains("another process uses this data folder", second.Log, StringComparison.Ordinal);
        Assert.True(await first.IsHealthy(), "The first silo is not healthy any more.");
    }

    private static async Task<string> FailsToStart(SiloFolder folder)
    {
        SiloProcess silo = folder.Launch();
        Assert.True(await silo.ExitAsync() == 2, $"It did not exit with 2; it wrote:\n{silo.Log}");
        Assert.StartsWith("CoopGrid cannot start.", silo.Log.TrimStart(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", silo.Log, StringComparison.Ordinal);
        return silo.Log;
    }
}
