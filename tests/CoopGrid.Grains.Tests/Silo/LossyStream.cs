using CoopGrid.Grains.Usage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;

namespace CoopGrid.Grains.Tests.Silo;

/// <summary>The usage stream with faults: of every six ticks two are lost, one comes twice, and one comes after its successor.</summary>
internal sealed class LossyStream
{
    private int _lost;

    /// <summary>Ticks that were lost.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>Puts the faults between the silo's publisher and its stream.</summary>
    public void Add(ISiloBuilder silo) => silo.Services.AddSingleton(services =>
        ActivatorUtilities.CreateInstance<TickPublisher>(services, new Services(this, services)));

    private sealed class Services(LossyStream faults, IServiceProvider inner) : IKeyedServiceProvider
    {
        public object? GetService(Type serviceType) => inner.GetService(serviceType);

        public object? GetKeyedService(Type serviceType, object? serviceKey) => GetRequiredKeyedService(serviceType, serviceKey);

        public object GetRequiredKeyedService(Type serviceType, object? serviceKey) =>
            new Provider(faults, (IStreamProvider)inner.GetRequiredKeyedService(serviceType, serviceKey));
    }

    private sealed class Provider(LossyStream faults, IStreamProvider inner) : IStreamProvider
    {
        private readonly Dictionary<StreamId, object> _streams = [];

        public string Name => inner.Name;

        public bool IsRewindable => inner.IsRewindable;

        public IAsyncStream<T> GetStream<T>(StreamId streamId)
        {
            lock (_streams)
            {
                if (!_streams.TryGetValue(streamId, out object? stream)) _streams[streamId] = stream = new Lossy<T>(faults, inner.GetStream<T>(streamId));
                return (IAsyncStream<T>)stream;
            }
        }
    }

    private sealed class Lossy<T>(LossyStream faults, IAsyncStream<T> inner) : IAsyncStream<T>
    {
        private int _sent;
        private T? _late;
        private bool _hasLate;

        public bool IsRewindable => inner.IsRewindable;

        public string ProviderName => inner.ProviderName;

        public StreamId StreamId => inner.StreamId;

        public async Task OnNextAsync(T item, StreamSequenceToken? token = null)
        {
            int turn = _sent++ % 6;
            if (turn is 1 or 2)
            {
                Interlocked.Increment(ref faults._lost);
                return;
            }

            if (turn == 3)
            {
                _late = item;
                _hasLate = true;
                return;
            }

            await inner.OnNextAsync(item, token);
            if (turn == 5) await inner.OnNextAsync(item, token);
            if (!_hasLate) return;
            _hasLate = false;
            await inner.OnNextAsync(_late!, token);
        }

        public Task OnNextBatchAsync(IEnumerable<T> batch, StreamSequenceToken? token = null) => inner.OnNextBatchAsync(batch, token!);

        public Task OnCompletedAsync() => inner.OnCompletedAsync();

        public Task OnErrorAsync(Exception ex) => inner.OnErrorAsync(ex);

        public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer) => inner.SubscribeAsync(observer);

        public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token, string? filterData = null) =>
            inner.SubscribeAsync(observer, token, filterData);

        public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> observer) => inner.SubscribeAsync(observer);

        public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> observer, StreamSequenceToken? token) =>
            inner.SubscribeAsync(observer, token);

        public Task<IList<StreamSubscriptionHandle<T>>> GetAllSubscriptionHandles() => inner.GetAllSubscriptionHandles();

        public bool Equals(IAsyncStream<T>? other) => ReferenceEquals(this, other);

        public override bool Equals(object? obj) => ReferenceEquals(this, obj);

        public override int GetHashCode() => StreamId.GetHashCode();

        public int CompareTo(IAsyncStream<T>? other) => StreamId.CompareTo(other?.StreamId ?? default);
    }
}
