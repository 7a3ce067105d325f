namespace CoopGrid.Grains.Usage;

/// <summary>What is stored of a grain, and its writes: one after another, also beside the grain's turns. Nothing of a write shows before it is stored (L6).</summary>
internal sealed class StoredState<T>(IPersistentState<T> state)
    where T : class
{
    private const ConfigureAwaitOptions WhateverCameOfIt = ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext;

    private Task _newest = Task.CompletedTask;
    private T? _overwritten;

    /// <summary>What was stored last.</summary>
    public T Last => _overwritten ?? state.State;

    /// <summary>Reads what is stored, also by others.</summary>
    public Task Read() => state.ReadStateAsync();

    /// <summary>Stores what becomes of the last state once the writes before are done. If it fails, the last one stays.</summary>
    public Task Write(Func<T, T> change) => _newest = WriteAfter(_newest, change);

    private async Task WriteAfter(Task before, Func<T, T> change)
    {
        await before.ConfigureAwait(WhateverCameOfIt);
        T last = state.State;
        T next = change(last);
        _overwritten = last;
        state.State = next;
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // A failed write must not leave the change behind for the next one to store.
            state.State = last;
            throw;
        }
        finally
        {
            _overwritten = null;
        }
    }
}
