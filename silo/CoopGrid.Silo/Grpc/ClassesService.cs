using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using CoopGrid.Protocol.V1;
using Grpc.Core;
using ClassState = CoopGrid.Interfaces.ClassState;
using PricePeriod = CoopGrid.Model.PricePeriod;

namespace CoopGrid.Silo.Grpc;

/// <summary>The door to what everyone may know of a class.</summary>
internal sealed class ClassesService(
    IGrainFactory grains, IPriceHistory prices, ISliceHistory slices, TimeProvider time, IHostApplicationLifetime lifetime) : Classes.ClassesBase
{
    private const int RowsAtOnce = 4096;

    private static readonly TimeSpan WatchEvery = TimeSpan.FromMilliseconds(250);

    public override async Task<Protocol.V1.ClassState> GetState(GetClassStateRequest request, ServerCallContext context) =>
        ClassMapping.ToReply(await StateOf(Named(request.Coop, request.Class)));

    public override async Task Watch(
        GetClassStateRequest request, IServerStreamWriter<Protocol.V1.ClassState> responseStream, ServerCallContext context)
    {
        ClassId id = Named(request.Coop, request.Class);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await Watch(id, responseStream, stop.Token);
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw Fail(StatusCode.Unavailable, "The silo is stopping; watch from another one.");
        }
    }

    private async Task Watch(ClassId id, IServerStreamWriter<Protocol.V1.ClassState> responseStream, CancellationToken cancellation)
    {
        Protocol.V1.ClassState? told = null;
        using var timer = new PeriodicTimer(WatchEvery, time);
        do
        {
            Protocol.V1.ClassState state = ClassMapping.ToReply(await StateOf(id));
            long at = state.AtUnixMs;
            if (told is not null) state.AtUnixMs = told.AtUnixMs;
            if (state.Equals(told)) continue;
            state.AtUnixMs = at;
            told = state.Clone();
            await responseStream.WriteAsync(state, cancellation);
        }
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    public override async Task<ClassPolicyReply> GetPolicy(GetClassPolicyRequest request, ServerCallContext context)
    {
        ClassId id = Named(request.Coop, request.Class);
        return ClassMapping.ToReply(await PoliciesOf(id), Instant.Now(time));
    }

    public override async Task GetPriceHistory(
        GetPriceHistoryRequest request, IServerStreamWriter<Protocol.V1.PricePeriod> responseStream, ServerCallContext context)
    {
        if (request.Limit < 0) throw Fail(StatusCode.InvalidArgument, "limit must be 0 (all) or above.");
        ClassId id = Named(request.Coop, request.Class);
        await StateOf(id);
        long from = request.FromPeriod;
        int left = request.Limit == 0 ? int.MaxValue : request.Limit;
        while (left > 0)
        {
            IReadOnlyList<PricePeriod> rows = await prices.ReadAsync(id, from, Math.Min(left, RowsAtOnce), context.CancellationToken);
            foreach (PricePeriod row in rows) await responseStream.WriteAsync(ClassMapping.ToReply(row), context.CancellationToken);
            if (rows.Count < Math.Min(left, RowsAtOnce)) return;
            left -= rows.Count;
            from = rows[^1].Period + rows[^1].Count;
        }
    }

    public override async Task<MeanHistory> GetMeanHistory(GetClassStateRequest request, ServerCallContext context)
    {
        ClassId id = Named(request.Coop, request.Class);
        ClassState state = await StateOf(id);
        long from = state.Slice - state.Policy.Window.Slices;
        var history = new MeanHistory();
        foreach (SliceRow row in await slices.ReadAsync(id, from, state.Policy.Window.Slices, context.CancellationToken))
            history.Points.Add(ClassMapping.ToReply(row, state.Policy.Window));
        return history;
    }

    private async Task<ClassState> StateOf(ClassId id) =>
        await grains.GetGrain<IClassGrain>(id.ToString()).GetState() ?? throw Fail(StatusCode.NotFound, $"There is no class {id}.");

    private async Task<ClassPolicies> PoliciesOf(ClassId id) =>
        await grains.GetGrain<IClassGrain>(id.ToString()).GetPolicies() ?? throw Fail(StatusCode.NotFound, $"There is no class {id}.");

    private static ClassId Named(string coop, string @class) => Ids.IsWord(coop) && Ids.IsWord(@class)
        ? new(coop, @class)
        : throw Fail(StatusCode.NotFound, $"There is no class '{coop}/{@class}'.");

    private static RpcException Fail(StatusCode code, string reason) => new(new Status(code, reason));
}
