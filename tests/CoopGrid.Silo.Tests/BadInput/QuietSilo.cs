using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;
using Xunit.Sdk;

namespace CoopGrid.Silo.Tests.BadInput;

/// <summary>One silo without load, for tests that ask single questions. Each enrols members of its own.</summary>
public sealed class QuietSilo : IAsyncLifetime
{
    /// <summary>Quota 10 units/s with a burst of 40; baseline 10; the multiplier is 1500 all week.</summary>
    public const string People = "people";

    /// <summary>One unit a second into an empty bucket of 10,000: no request of 1,000 finds room within minutes. No wait.</summary>
    public const string Narrow = "narrow";

    /// <summary>A limit of 50 units in a window of one second.</summary>
    public const string Capped = "capped";

    /// <summary>Metered; slices of a second, twenty of grace.</summary>
    public const string Homes = "homes";

    private static readonly string Charter = Charters.Of(
        [
            """
            "people": {
              "tariff": { "baselineUnits": 10 },
              "capacity": { "unitsPerSecond": 10000, "burstUnits": 20000, "maxRequestUnits": 40 },
              "lanes": [ { "name": "critical", "priority": "critical", "needsEntitlement": true }, { "name": "standard", "priority": "standard" } ],
              "quota": { "unitsPerSecond": 10, "burstUnits": 40 },
              "price": { "capPermille": 3000, "timeOfUse": [
                { "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "24:00", "permille": 1500 } ] },
              "weights": [ { "dimension": "messages", "units": 1, "per": 1 }, { "dimension": "parcels", "units": 1000000000, "per": 1 } ] }
            """,
            """
            "narrow": {
              "capacity": { "unitsPerSecond": 1, "burstUnits": 10000, "maxRequestUnits": 1000 },
              "lanes": [ { "name": "standard", "priority": "standard", "longestWaitMs": 0 } ], "price": { "targetPermille": 1000 } }
            """,
            """
            "capped": {
              "window": { "sliceMs": 1000, "slices": 1, "epoch": { "kind": "fixed", "fixedMs": 1000000 } },
              "capacity": { "unitsPerSecond": 1000, "burstUnits": 2000, "maxRequestUnits": 40 }, "quota": { "windowUnits": 50 } }
            """,
            """
            "homes": {
              "entry": "metered",
              "window": { "sliceMs": 1000, "slices": 10000, "graceMs": 20000, "epoch": { "kind": "fixed", "fixedMs": 10000000 } },
              "capacity": { "unitsPerSecond": 1000, "burstUnits": 20000, "maxRequestUnits": 1000 } }
            """,
        ],
        []);

    private readonly SiloFolder _folder = new(Charter);
    private SiloProcess? _silo;
    private int _members;

    internal SiloClients Clients => _silo!.Clients;

    /// <summary>The second, since the Unix epoch, by which everything was founded.</summary>
    internal long FoundedBy { get; private set; }

    public async ValueTask InitializeAsync()
    {
        _silo = await _folder.StartAsync();
        FoundedBy = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

        await Until.Admitted(Clients, Ask(await NewMember(People), units: 40));
    }

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    /// <summary>Enrols a member that no other test knows.</summary>
    internal async Task<string> NewMember(string @class)
    {
        string name = $"{@class} {Interlocked.Increment(ref _members)}";
        await Clients.Members.EnrollAsync(new() { Coop = Charters.Coop, Member = name, Class = @class }, cancellationToken: Stop);
        return name;
    }

    internal async Task<Member> Account(string member) =>
        await Clients.Members.GetAsync(new() { Coop = Charters.Coop, Member = member }, cancellationToken: Stop);

    internal async Task<AdmitReply> Admit(AdmitRequest request) => await Clients.Admission.AdmitAsync(request, cancellationToken: Stop);

    /// <summary>A request that is in order, with a key of its own.</summary>
    internal static AdmitRequest Ask(string member, long units = 1) =>
        new() { Coop = Charters.Coop, Member = member, Units = units, Key = Guid.NewGuid().ToString("N") };

    /// <summary>Fails unless the account is as it was.</summary>
    internal async Task Unchanged(Member before)
    {
        Member after = await Account(before.Member_);
        Assert.Equal(before.Sequence, after.Sequence);
        Assert.Equal(before.TotalUnits, after.TotalUnits);
        Assert.Equal(before.Status, after.Status);
    }

    /// <summary>The status that a call ends with.</summary>
    internal static async Task<RpcException> Fails<T>(StatusCode code, AsyncUnaryCall<T> call)
    {
        try
        {
            T reply = await call;
            throw new XunitException($"Expected {code}, was answered {reply}");
        }
        catch (RpcException failure)
        {
            Assert.True(code == failure.StatusCode, $"Expected {code}, was {failure.Status}");
            Assert.False(string.IsNullOrWhiteSpace(failure.Status.Detail), "The status has no reason.");
            return failure;
        }
    }

    internal static CancellationToken Stop => TestContext.Current.CancellationToken;
}

/// <summary>The tests that share the silo, one after another.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class QuietSiloCollection : ICollectionFixture<QuietSilo>
{
    public const string Name = "quiet silo";
}
