using Orleans.Storage;

namespace CoopGrid.Grains.Tests.Usage;

/// <summary>
/// A grain storage that holds nothing, and each read until it is told. What waits for a read goes on inside <see cref="Release"/>, in
/// the order in which it began to wait: a test that starts its waiters without a synchronization context knows their order.
/// </summary>
internal sealed class HeldStates : IGrainStorage
{
    private readonly TaskCompletionSource _released = new();
    private int _reads;

    /// <summary>Reads that were begun.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>Lets the reads go, now and from now on.</summary>
    public void Release() => _released.SetResult();

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Interlocked.Increment(ref _reads);
        await _released.Task;
        grainState.RecordExists = false;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();
}
