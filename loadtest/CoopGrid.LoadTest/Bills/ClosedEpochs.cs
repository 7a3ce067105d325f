using System.Globalization;
using CoopGrid.Client;
using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.LoadTest.Bills;

/// <summary>Waits for epochs of a class to be closed, and reads their bills.</summary>
internal sealed class ClosedEpochs(CoopGridClient client, string coop, string name, TimeProvider clock)
{
    private const int Page = 1000;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>How an epoch was closed; the newest one if none is named.</summary>
    /// <exception cref="InvalidOperationException">It is not closed.</exception>
    public async Task<ClosingReply> FindAsync(long? epoch, CancellationToken stop) =>
        await LookAsync(epoch, stop) is { State: ClosingState.Closed } closed ? closed : throw new InvalidOperationException(
            epoch is null ? $"No epoch of {coop}/{name} is closed last: it is being closed now, or none was." : $"Epoch {epoch} of {coop}/{name} is not closed.");

    /// <summary>Waits until the epoch that a moment lies in is closed, and tells how far that is.</summary>
    /// <exception cref="InvalidOperationException">It is not closed in time.</exception>
    public async Task<ClosingReply> WhenClosedAsync(long unixMs, TimeSpan patience, Action<string> tell, CancellationToken stop)
    {
        long began = clock.GetTimestamp();
        string told = "";
        while (true)
        {
            ClosingReply? newest = await LookAsync(null, stop);
            if (newest is { State: ClosingState.Closed } && newest.EndUnixMs > unixMs) return newest;
            string how = newest is null ? "no epoch is closed yet"
                : $"epoch {newest.Epoch}: {newest.State}, {newest.Bills} bills{(newest.WaitingFor.Length > 0 ? $", waits for {newest.WaitingFor}" : "")}";
            if (how != told) tell($"  {clock.GetElapsedTime(began).TotalSeconds,6:F0} s: {told = how}");
            if (clock.GetElapsedTime(began) > patience) throw new InvalidOperationException($"The epoch is not closed after {patience.TotalMinutes:F0} minutes: {how}.");
            await Task.Delay(LookEvery, clock, stop);
        }
    }

    /// <summary>All closed epochs that ended after a moment, up to one, in their order.</summary>
    public async Task<IReadOnlyList<EpochSpread>> ReadAsync(ClosingReply last, long endedAfterUnixMs, CancellationToken stop)
    {
        List<EpochSpread> epochs = [await ReadAsync(last, stop)];
        for (long number = last.Epoch - 1; await LookAsync(number, stop) is { } closing && closing.EndUnixMs > endedAfterUnixMs; number--)
            epochs.Insert(0, await ReadAsync(closing, stop));
        return epochs;
    }

    private async Task<EpochSpread> ReadAsync(ClosingReply closing, CancellationToken stop)
    {
        List<Bill> bills = [];
        var request = new ListBillsRequest { Coop = coop, Class = name, Epoch = closing.Epoch, Limit = Page };
        do
        {
            ListBillsReply page = await client.Billing.ListPageAsync(request, stop);
            bills.AddRange(page.Bills);
            request.After = page.Next;
        }
        while (request.After.Length > 0);
        return new(
            closing.Epoch, Iso(closing.StartUnixMs), Iso(closing.EndUnixMs), closing.UsageUnits, closing.MemberSlices, closing.RevenueMicroCredits,
            closing.RoundingMicroCredits, BillSpread.Of(bills), BillCheck.Problems(closing, bills));
    }

    private async Task<ClosingReply?> LookAsync(long? epoch, CancellationToken stop)
    {
        var request = new GetClosingRequest { Coop = coop, Class = name };
        if (epoch is { } number) request.Epoch = number;
        try
        {
            return await client.Billing.GetClosingAsync(request, stop);
        }
        catch (RpcException none) when (none.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    private static string Iso(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
