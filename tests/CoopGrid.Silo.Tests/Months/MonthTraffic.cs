using System.Collections.Concurrent;
using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Durability;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;

namespace CoopGrid.Silo.Tests.Months;

/// <summary>What a relay was told of one key.</summary>
/// <param name="Units">Admitted.</param>
/// <param name="Returned">Said to be given back.</param>
internal sealed record ToldSend(string Member, string Key, long Units, long Returned);

/// <summary>Relays that never pause, whatever happens to clocks and silos. A question without an answer is not repeated: what became of it, the ledger says.</summary>
internal sealed class MonthTraffic(MonthGrid grid, int seed)
{
    private const int Relays = 6;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentQueue<ToldSend> _told = [];
    private volatile string[] _members = MonthCharter.PeopleNames;
    private int _unknown;

    public IReadOnlyCollection<ToldSend> Told => _told;

    /// <summary>Questions whose outcome no relay knows.</summary>
    public int Unknown => Volatile.Read(ref _unknown);

    /// <summary>From now on there is traffic of this member too.</summary>
    public void Join(string member) => _members = [.. _members, member];

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, Relays).Select(relay => RunAsync(relay, new Random((seed * 100) + relay), stop)));

    /// <summary>Waits until so many more admissions were told.</summary>
    public Task Admissions(int more)
    {
        int wanted = _told.Count + more;
        return Until.True(() => Task.FromResult(_told.Count >= wanted), () => $"{wanted - _told.Count} admissions; the silos wrote:\n{grid.Log}");
    }

    private async Task RunAsync(int relay, Random random, CancellationToken stop)
    {
        try
        {
            for (int number = 0; !stop.IsCancellationRequested; number++)
            {
                if (!await SendAsync($"{relay}-{number}", random, stop)) await Task.Delay(Pause, TimeProvider.System, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private async Task<bool> SendAsync(string key, Random random, CancellationToken stop)
    {
        // The first members send most.
        string member = _members[(int)(random.NextDouble() * random.NextDouble() * _members.Length)];
        long units = random.Next(1, 7);
        SiloClients door = await grid.DoorAsync(random, stop);
        try
        {
            AdmitReply reply = await door.Admission.AdmitAsync(
                new() { Coop = Charters.Coop, Member = member, Key = key, Units = units, Lane = random.Next(4) == 0 ? "bulk" : "" }, cancellationToken: stop);
            if (reply.Outcome != Outcome.Admitted) return false;
            long returned = random.Next(5) == 0 ? await ReturnAsync(await grid.DoorAsync(random, stop), member, key, random.NextInt64(1, units + 1), stop) : 0;
            _told.Enqueue(new(member, key, units, returned));
            return true;
        }
        catch (RpcException unknown) when (Relay.IsUnknown(unknown))
        {
            Interlocked.Increment(ref _unknown);
            return false;
        }
    }

    private async Task<long> ReturnAsync(SiloClients door, string member, string key, long units, CancellationToken stop)
    {
        try
        {
            return (await door.Admission.CancelAsync(new() { Coop = Charters.Coop, Member = member, Key = key, Units = units }, cancellationToken: stop)).ReturnedUnits;
        }
        catch (RpcException refused) when (Relay.IsUnknown(refused) || refused.StatusCode is StatusCode.NotFound or StatusCode.FailedPrecondition)
        {
            // Hours may have passed between the two calls.
            if (Relay.IsUnknown(refused)) Interlocked.Increment(ref _unknown);
            return 0;
        }
    }
}
