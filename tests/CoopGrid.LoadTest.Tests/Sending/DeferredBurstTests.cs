using System.Text.Json;
using CoopGrid.Client;
using CoopGrid.LoadTest.Cluster;
using CoopGrid.LoadTest.Commands;
using CoopGrid.LoadTest.Ratio;

namespace CoopGrid.LoadTest.Tests.Sending;

/// <summary>
/// A burst of messages of which a quarter can wait, twice at the same time into two classes of one silo that have the same policy: <c>sent</c> as it comes, and
/// <c>kept</c> for the seconds of its tickets.
/// </summary>
public sealed class DeferredBurstTests : IAsyncDisposable
{
    private const string Policy =
        """
        {
          "tariff": { "rate": 20 },
          "capacity": { "unitsPerSecond": 400, "burstUnits": 2000, "maxRequestUnits": 10 },
          "lanes": [ { "name": "standard", "priority": "standard" }, { "name": "bulk", "priority": "bulk", "guaranteedPermille": 50, "longestWaitMs": 1000 } ],
          "price": { "controlPeriodMs": 500, "targetPermille": 500, "doublingPeriods": 1, "capPermille": 4000 },
          "deferral": { "deferMinMs": 1000, "horizonMs": 120000, "memberCapUnits": 10000 }
        }
        """;

    private static readonly string[] Trace =
        ["timestamp,value", "2015-03-05 00:00:00,30", "2015-03-05 00:05:00,500", "2015-03-05 00:10:00,400", "2015-03-05 00:15:00,60", "2015-03-05 00:20:00,30"];

    private readonly string _folder = Directory.CreateTempSubdirectory("coopgrid-burst-").FullName;
    private Child? _silo;

    [Fact]
    public async Task Who_waits_for_its_seconds_pays_no_surge_and_who_sends_through_the_peak_does()
    {
        string address = await StartAsync();
        string trace = Path.Combine(_folder, "trace.csv");
        await File.WriteAllLinesAsync(trace, Trace, Stop);
        JsonElement[] told = await Task.WhenAll(Replay(address, trace, "sent"), Replay(address, trace, "kept", "--defer", "120"));
        (JsonElement sent, JsonElement kept) = (told[0], told[1]);

        long surcharge = Number(sent, "surchargeMicroCredits");
        Assert.True(Number(sent, "surgedUnits") > 20 && surcharge > 1000, $"{sent}");
        // A bill's line is rounded by member, the sum of the answers once.
        Assert.InRange(Number(sent, "billedSurchargeMicroCredits"), surcharge - Number(sent, "members"), surcharge + Number(sent, "members"));
        Assert.Equal((0L, 0L), (Number(sent, "deferred"), Number(sent, "redeemed")));

        Assert.Equal(Number(sent, "sent"), Number(kept, "sent"));
        Assert.True(Number(kept, "deferred") > 20, $"{kept}");
        Assert.Equal((Number(kept, "deferred"), 0L, 0L), (Number(kept, "redeemed"), Number(kept, "expired"), Number(kept, "refusedInTime")));
        Assert.Equal((0L, 0L, 0L), (Number(kept, "surgedUnits"), Number(kept, "redeemedSurgedUnits"), Number(kept, "billedSurchargeMicroCredits")));
        Assert.True(kept.GetProperty("wait").GetProperty("p50").GetDouble() > 10_000, $"{kept}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_silo is not null) await _silo.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static long Number(JsonElement patient, string field) => patient.GetProperty(field).GetInt64();

    private async Task<string> StartAsync()
    {
        string charter = Path.Combine(_folder, "charter.json");
        await File.WriteAllTextAsync(charter, $$"""{ "coop": "burst", "classes": { "sent": {{Policy}}, "kept": {{Policy}} } }""", Stop);
        _silo = SiloChild.Start(SiloCluster.DefaultDll, charter, _folder, new Dictionary<string, string>(), out int port);
        string address = $"http://127.0.0.1:{port}";
        using var client = new CoopGridClient(CoopGridOptions.For(address) with { Deadline = TimeSpan.FromMinutes(1) });
        await client.Classes.GetStateAsync("burst", "kept", Stop);
        return address;
    }

    private async Task<JsonElement> Replay(string address, string trace, string @class, params string[] more)
    {
        string result = Path.Combine(_folder, $"{@class}.json");
        int code = await CommandLine.RunAsync([
            "replay", trace, "--format", "tweets", "--speed", "300", "--members", "20", "--skew", "0", "--prefix", $"{@class}-", "--patient-permille", "300",
            "--coop", "burst", "--class", @class, "--address", address, "--out", result, "--plain", .. more]);
        using JsonDocument document = JsonDocument.Parse(await File.ReadAllTextAsync(result, Stop));
        JsonElement root = document.RootElement.Clone();
        Assert.True(code == 0, $"{root.GetProperty("patient")} {root.GetProperty("check")}");
        return root.GetProperty("patient");
    }
}
