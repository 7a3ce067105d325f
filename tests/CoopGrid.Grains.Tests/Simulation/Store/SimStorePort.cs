using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Orleans.Storage;

namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>
/// One silo's connections to the database. Every statement takes its time on the way there and back, may be lost before or after it took
/// effect, and may arrive very late, when its sender has long given it up, or is sealed, or dead.
/// </summary>
internal class SimStorePort(SimWorld world, SimStore store, SimPlan plan, Planted planted)
    : ILedgerStore, IClaimStore, IClassHeads, IPriceHistory, ICheckpointStore, IGrainStorage
{
    private const long LookForWantsMicros = 40_000;

    protected SimStore Store => store;

    public Task<ProducerRow> OpenProducerAsync(SiloName silo, CancellationToken cancellation) => Call(() => store.Open(silo), mayBeLost: false);

    public CommitResult Commit(Segment segment)
    {
        if (store.IsDown) throw new IOException("The database is gone.");
        if (!Fails()) return store.Commit(segment);
        switch (world.Draw(3))
        {
            case 0:
                throw new IOException("Not written.");
            case 1:
                store.Commit(segment);
                throw new IOException("Written, but who knows.");
            default:
                var copy = new Segment
                {
                    Producer = segment.Producer,
                    Position = segment.Position,
                    Bytes = segment.Bytes.ToArray(),
                    Deltas = segment.Deltas,
                    Marks = segment.Marks,
                };
                world.After(Late(), () => Arrive(() => store.Commit(copy)));
                throw new IOException("Under way, and given up.");
        }
    }

    public Task<ProducerRow> SealAsync(long producer, CancellationToken cancellation) => Call(() => store.Seal(producer));

    public virtual Task<IReadOnlyList<ProducerRow>> ListProducersAsync(CancellationToken cancellation) =>
        Call<IReadOnlyList<ProducerRow>>(() => [.. store.Producers]);

    public Task MarkDrainedAsync(long producer, CancellationToken cancellation) => Call(() => store.Drain(producer));

    public Task<IReadOnlyList<SegmentRow>> ReadAsync(long producer, long afterPosition, int limit, CancellationToken cancellation) =>
        Call(() => store.Read(producer, afterPosition, limit));

    public Task DeleteAsync(long producer, long upToPosition, CancellationToken cancellation) => Call(() => store.Delete(producer, upToPosition));

    public async Task<IReadOnlyList<ClaimRow>> TakeAsync(long producer, IReadOnlyList<MemberId> members, CancellationToken cancellation)
    {
        IReadOnlyList<ClaimRow> rows = await Call(() => store.Take(producer, members));
        return planted == Planted.LoserDecides ? [.. rows.Select(row => row with { Producer = producer })] : rows;
    }

    public Task ReleaseAsync(IReadOnlyList<ClaimRow> claims, CancellationToken cancellation) => Call(() => store.Release(claims));

    public Task<IReadOnlyList<ClaimRow>> ReadAsync(IReadOnlyList<MemberId> members, CancellationToken cancellation) => Call(() => store.ReadClaims(members));

    public Task<IReadOnlyList<ClaimRow>> WantedAsync(long holder, int limit, TimeSpan wait, CancellationToken cancellation)
    {
        var answer = Answer<IReadOnlyList<ClaimRow>>();
        CancellationTokenRegistration ended = cancellation.Register(() => answer.TrySetCanceled(cancellation));
        long until = world.Now + (long)wait.TotalMicroseconds;
        world.After(Way(), Look);
        return answer.Task;

        void Look()
        {
            if (answer.Task.IsCompleted) return;
            if (store.IsDown)
            {
                answer.TrySetException(new IOException("The database is gone."));
                return;
            }

            IReadOnlyList<ClaimRow> rows = store.Wanted(holder, limit);
            if (rows.Count == 0 && world.Now < until) world.After(LookForWantsMicros, Look);
            else world.After(Way(), () => answer.TrySetResult(rows));
            if (rows.Count > 0) ended.Dispose();
        }
    }

    public Task<IReadOnlyList<ClassId>> ListAsync(CancellationToken cancellation) => Call<IReadOnlyList<ClassId>>(() => [.. store.Heads.Keys]);

    public Task FoundAsync(ClassId @class, ClassHead head, CancellationToken cancellation) => Call(() => store.Heads.TryAdd(@class, head));

    public Task<ClassHead?> ReadAsync(ClassId @class, CancellationToken cancellation) =>
        Call<ClassHead?>(() => store.Heads.TryGetValue(@class, out ClassHead head) ? head : null);

    public Task<ClassHead> RaiseEpochAsync(ClassId @class, CancellationToken cancellation) => Call(() => store.RaiseEpoch(@class));

    public Task<bool> AppendPricesAsync(ClassId @class, long epoch, IReadOnlyList<PricePeriod> rows, CancellationToken cancellation) =>
        Call(() => store.AppendPrices(@class, epoch, rows));

    public Task<ClosingOutcome> CloseSlicesAsync(ClassId @class, SliceClosing closing, CancellationToken cancellation) =>
        Call(() => store.CloseSlices(@class, closing));

    public Task<PricePeriod?> LastAsync(ClassId @class, CancellationToken cancellation) => Call<PricePeriod?>(() =>
        store.Prices.TryGetValue(@class, out SortedDictionary<long, PricePeriod>? rows) && rows.Count > 0 ? rows.Last().Value : null);

    public Task<IReadOnlyList<PricePeriod>> ReadAsync(ClassId @class, long fromPeriod, int limit, CancellationToken cancellation) =>
        throw new NotSupportedException("Only a metered class asks.");

    public Task FlushAsync(CancellationToken cancellation) => Call(() => true);

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        (object? state, string? tag) = await Call(() => store.ReadState(stateName, grainId));
        grainState.RecordExists = tag is not null;
        grainState.ETag = tag;
        grainState.State = state is null ? Activator.CreateInstance<T>()! : (T)state;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        (T state, string? tag) = (grainState.State!, grainState.ETag);
        grainState.ETag = await Call(() => store.WriteState(stateName, grainId, state, tag));
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        string? tag = grainState.ETag;
        await Call(() => store.ClearState(stateName, grainId, tag));
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    private Task<bool> Call(Action statement) => Call(() =>
    {
        statement();
        return true;
    });

    private Task<T> Call<T>(Func<T> statement, bool mayBeLost = true)
    {
        TaskCompletionSource<T> answer = Answer<T>();
        int fault = mayBeLost && Fails() ? world.Draw(3) : -1;
        world.After(Way(), () =>
        {
            if (store.IsDown || fault == 0)
            {
                world.After(store.IsDown ? world.Draw(20_000L, 400_000) : Way(), () => answer.TrySetException(new IOException("Not done.")));
                return;
            }

            if (fault == 2)
            {
                world.After(Late(), () => Arrive(statement));
                world.After(Way(), () => answer.TrySetException(new IOException("Under way, and given up.")));
                return;
            }

            Answer(answer, statement, isLost: fault == 1);
        });
        return answer.Task;
    }

    private void Answer<T>(TaskCompletionSource<T> answer, Func<T> statement, bool isLost)
    {
        try
        {
            T result = statement();
            world.After(Way(), () =>
            {
                if (isLost) answer.TrySetException(new IOException("Done, but who knows."));
                else answer.TrySetResult(result);
            });
        }
        catch (Exception refused)
        {
            world.After(Way(), () => answer.TrySetException(refused));
        }
    }

    private void Arrive<T>(Func<T> statement)
    {
        try
        {
            statement();
        }
        catch (Exception late)
        {
            world.Note(() => $"store: a late statement was refused: {late.Message}");
        }
    }

    private static TaskCompletionSource<T> Answer<T>() => new();

    private bool Fails() => !world.IsCalm && plan.Has(Faults.Store) && world.Chance(plan.StorePermille);

    private long Way() => plan.Has(Faults.Slow) && world.Chance(plan.SlowPermille) ? world.Draw(1000L, 60_000) : world.Draw(50L, 900);

    private long Late() => world.Chance(300) ? world.Draw(200_000L, 3_000_000) : world.Draw(1000L, 200_000);
}

/// <summary>
/// What the class is told of producers. Planted: its leases end by time, so it takes one that is silent for a while for sealed.
/// </summary>
internal sealed class SimClassPort(SimWorld world, SimStore store, SimPlan plan, Planted planted, Func<long, bool> isSilent)
    : SimStorePort(world, store, plan, planted)
{
    public override async Task<IReadOnlyList<ProducerRow>> ListProducersAsync(CancellationToken cancellation)
    {
        IReadOnlyList<ProducerRow> rows = await base.ListProducersAsync(cancellation);
        return [.. rows.Select(row => row.State == ProducerState.Open && isSilent(row.Producer) ? row with { State = ProducerState.Sealed } : row)];
    }
}

/// <summary>A grain's state in the storage, as Orleans keeps it.</summary>
internal sealed class SimState<T>(IGrainStorage storage, string name, GrainId grain) : IPersistentState<T>
{
    private readonly GrainState<T> _state = new(Activator.CreateInstance<T>()!);

    public T State
    {
        get => _state.State!;
        set => _state.State = value;
    }

    public string Etag => _state.ETag ?? "";

    public bool RecordExists => _state.RecordExists;

    public Task ReadStateAsync() => storage.ReadStateAsync(name, grain, _state);

    public Task WriteStateAsync() => storage.WriteStateAsync(name, grain, _state);

    public Task ClearStateAsync() => storage.ClearStateAsync(name, grain, _state);
}
