using CoopGrid.Grains.Usage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace CoopGrid.Grains.Tests.Silo;

/// <summary>A store of grain state that stores classes' checkpoints only when it is told to, or not at all.</summary>
internal sealed class HeldStates(IGrainStorage store) : IGrainStorage
{
    private TaskCompletionSource? _held;
    private bool _breaks;

    /// <summary>Whether a class waits for its checkpoint.</summary>
    public bool Asked { get; private set; }

    /// <summary>The last checkpoint of a class that was stored.</summary>
    public ClassCheckpoint? Stored { get; private set; }

    /// <summary>Puts it before the silo's store.</summary>
    public static Func<HeldStates> Add(ISiloBuilder silo)
    {
        HeldStates? held = null;
        ServiceDescriptor store = silo.Services.Last(service => service.ServiceType == typeof(IGrainStorage) && GrainStates.Storage.Equals(service.ServiceKey));
        silo.Services.AddKeyedSingleton<IGrainStorage>(
            GrainStates.Storage, (services, key) => held = new((IGrainStorage)store.KeyedImplementationFactory!(services, key)));
        return () => held!;
    }

    public void Hold() => _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release()
    {
        TaskCompletionSource held = _held!;
        (_held, Asked) = (null, false);
        held.SetResult();
    }

    /// <summary>The next checkpoint is not stored.</summary>
    public void Break() => _breaks = true;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => store.ReadStateAsync(stateName, grainId, grainState);

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (grainState.State is not ClassCheckpoint next)
        {
            await store.WriteStateAsync(stateName, grainId, grainState);
            return;
        }

        if (_held is { } held)
        {
            Asked = true;
            await held.Task;
        }

        if (_breaks)
        {
            _breaks = false;
            throw new IOException("The checkpoint is not stored.");
        }

        await store.WriteStateAsync(stateName, grainId, grainState);
        Stored = next;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => store.ClearStateAsync(stateName, grainId, grainState);
}
