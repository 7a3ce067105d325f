using System.Collections.Immutable;
using System.Text.Json;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Market;
using CoopGrid.Domain.Metering;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Tests.Admission;

/// <summary>
/// One request to one member, all in order: 5 units in the standard lane of a member at half the mean. A test changes what it is about
/// and then decides.
/// </summary>
internal sealed class Scene
{
    public static readonly Instant Now = Instant.FromUnixMs(1_800_000_000_000 + 1234);

    public ClassPolicy Policy { get; set; } = new()
    {
        Version = 3,
        Capacity = new() { UnitsPerSecond = 1000, BurstUnits = 2000, MaxRequestUnits = 100 },
        Weights = [new() { Dimension = "messages", Units = 1, Per = 1 }],
    };

    public AccountSnapshot Account { get; set; } = new()
    {
        Status = MemberStatus.Active,
        Class = "homes",
        Sequence = 7,
        WindowSlices = 168,
        Newest = Slice,
        LastSlice = Slice,
        Usage = [new(Slice - 1, 30), new(Slice, 20)],
        TotalUnits = 50,
    };

    public string Key { get; set; } = "k";

    public string Lane { get; set; } = "standard";

    public long Units { get; set; } = 5;

    public ImmutableArray<DimensionQuantity> Dimensions { get; set; } = [];

    public int MaxMultiplier { get; set; }

    public int? MaxWait { get; set; }

    public long DeferUntil { get; set; }

    public string Ticket { get; set; } = "";

    public int Multiplier { get; set; } = 1000;

    public Mean Mean { get; set; } = new(1000, 10);

    public Room Room { get; } = new();

    /// <summary>What the member has reserved of the running slot.</summary>
    public ReservedRate Reserved { get; set; }

    /// <summary>What the request's key is remembered with, made from the request as it then is.</summary>
    public Func<Scene, Remembered>? Remembered { get; set; }

    public static long Slice => new WindowPolicy().SliceAt(Now);

    public AdmissionRequest Request => new()
    {
        Key = Key,
        Lane = Lane,
        Units = Units,
        Dimensions = Dimensions,
        MaxMultiplierPermille = MaxMultiplier,
        MaxWaitMs = MaxWait,
        DeferUntilUnixMs = DeferUntil,
        Ticket = Ticket,
        Caller = "relay",
    };

    public Conditions Conditions => new(Now, 1, Policy, Mean, Multiplier, long.MinValue, 1_800_000_001) { Reserved = Reserved };

    /// <summary>An admission of 5 units that may be remembered.</summary>
    public static Admitted Admission(string key, ulong payload) =>
        new(3, Now.PlusMs(-1000), Slice, 2, key, payload, "standard", 1250, new Covered(0, 0, 2, 0, 3), 40, 60, 0, "relay");

    public MemberAccount Build()
    {
        MemberAccount account = MemberAccount.Restore(Account);
        if (Remembered?.Invoke(this) is { } key)
        {
            account.Keys.Remember(key.Admitted);
            account.Keys.GiveBack(key.Admitted.Key, key.ReturnedUnits);
        }

        return account;
    }

    public Decision Decide() => Decide(Build());

    public Decision Decide(MemberAccount account) =>
        AdmissionRule.Decide(account, Request, Conditions, CapacityPlan.From(Policy), Room);

    /// <summary>Everything in an account, to be compared; what a snapshot could leave out stands here by itself.</summary>
    public static string Portrait(MemberAccount account) => JsonSerializer.Serialize(new
    {
        account.Status,
        account.StatusReason,
        account.Class,
        account.Enrolled,
        account.LastSlice,
        account.Sequence,
        account.TotalUnits,
        account.Quota,
        account.Window?.Newest,
        account.Window?.Held,
        Account = account.Snapshot() with { Entitlements = [.. account.Entitlements.Order()], Meters = [.. account.Meters.OrderBy(chain => chain.Meter)] },
        Keys = account.Keys.After(0).Select(key => new { key.Admitted, key.ReturnedUnits }),
    });

    public static MeterChain Chain(long sequence = 0, ulong payload = 0, long lastSlice = long.MinValue) => new("meter", sequence, payload, lastSlice);
}

/// <summary>The class's room: some or none.</summary>
internal sealed class Room : IRoom
{
    public bool IsFull { get; set; }

    public List<RoomRequest> Taken { get; } = [];

    public bool TryTake(in RoomRequest request, long monotonicMicros)
    {
        if (!IsFull) Taken.Add(request);
        return !IsFull;
    }

    public long RetryAfterMs(in RoomRequest request, long monotonicMicros) => 77;
}
