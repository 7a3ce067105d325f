using System.Collections.Concurrent;
using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.Cluster;

/// <summary>A grid of four members on PostgreSQL, each asked for one request after another, and what was answered as admitted.</summary>
/// <param name="connectionString">Its database.</param>
internal sealed class SmallGrid(string connectionString) : IAsyncDisposable
{
    private const int Members = 4;
    private const string Class = """ "people": { "capacity": { "unitsPerSecond": 100000, "burstUnits": 200000, "maxRequestUnits": 50 } } """;

    private readonly CancellationTokenSource _enough = new();
    private readonly SiloFolder _folder = Folder(connectionString);

    public static string Charter { get; } = Charters.Of([Class], [.. Enumerable.Range(0, Members).Select(i => Charters.Member($"m{i}", "people"))]);

    /// <summary>Requests of which a caller knows that they are admitted.</summary>
    public ConcurrentQueue<AdmitRequest> Told { get; } = new();

    public Task<SiloProcess> StartAsync() => _folder.StartAsync();

    /// <summary>Asks for all members at a silo, until <see cref="Enough"/> or the silo's end.</summary>
    public Task AskAsync(SiloProcess silo) => Task.WhenAll(Enumerable.Range(0, Members).Select(member => AskAsync(silo, member)));

    public Task Enough() => _enough.CancelAsync();

    /// <summary>All of these requests are there, once, and the class holds what its members hold.</summary>
    public static async Task ExpectKept(SiloProcess silo, IReadOnlyCollection<AdmitRequest> told)
    {
        foreach (AdmitRequest request in told) Assert.True((await Until.Admitted(silo.Clients, request)).Replayed, $"{request} was lost.");
        long sum = 0;
        for (int i = 0; i < Members; i++)
            sum += (await silo.Clients.Members.GetAsync(new() { Coop = Charters.Coop, Member = $"m{i}" })).WindowUsageUnits;
        Assert.True(sum >= told.Count);
        await Until.True(
            async () => (await silo.Clients.Classes.GetStateAsync(new() { Coop = Charters.Coop, Class = "people" })).UsageUnits == sum,
            () => $"a class that holds its members' {sum} units");
    }

    public static AdmitRequest Request(int member, string key) => new() { Coop = Charters.Coop, Member = $"m{member}", Units = 1, Key = key };

    public async ValueTask DisposeAsync()
    {
        await _folder.DisposeAsync();
        _enough.Dispose();
    }

    private async Task AskAsync(SiloProcess silo, int member)
    {
        for (int i = 0; !_enough.IsCancellationRequested && !silo.HasExited; i++)
        {
            AdmitRequest request = Request(member, $"{member}-{i}");
            try
            {
                AdmitReply reply = await silo.Clients.Admission.AdmitAsync(request, cancellationToken: CancellationToken.None);
                if (reply.Outcome == Outcome.Admitted) Told.Enqueue(request);
            }
            catch (RpcException)
            {
                // Not answered, so nothing is promised.
            }
        }
    }

    private static SiloFolder Folder(string connectionString)
    {
        var folder = new SiloFolder(Charter);
        folder.Settings["CoopGrid__Storage"] = "postgres";
        folder.Settings["CoopGrid__ConnectionString"] = connectionString;
        return folder;
    }
}
