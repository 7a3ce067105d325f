using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>How long one question is still asked: its deadline, its attempts so far and its next pause.</summary>
internal sealed class Patience(CoopGridOptions options)
{
    private readonly long _started = options.Clock.GetTimestamp();
    private TimeSpan _pause = options.FirstBackoff;

    /// <summary>Attempts begun.</summary>
    public int Attempts { get; private set; }

    private TimeSpan Left => options.Deadline - options.Clock.GetElapsedTime(_started);

    public void BeginAttempt() => Attempts++;

    /// <summary>Waits for one of <paramref name="turns"/>. False if the deadline passes first.</summary>
    public async ValueTask<bool> TurnAsync(SemaphoreSlim turns, CancellationToken stop) =>
        turns.Wait(0, CancellationToken.None) || (Left is { Ticks: > 0 } left && await turns.WaitAsync(left, stop));

    /// <summary>Begins an attempt that ends with the attempt's timeout or the question's deadline, whichever is first.</summary>
    public CallOptions NextAttempt(CancellationToken stop)
    {
        BeginAttempt();
        TimeSpan left = Left;
        TimeSpan limit = left < options.AttemptTimeout ? left : options.AttemptTimeout;
        return new CallOptions(deadline: options.Clock.GetUtcNow().UtcDateTime + limit, cancellationToken: stop);
    }

    /// <summary>Pauses before the next attempt. False, at once, if the deadline would pass meanwhile.</summary>
    public async Task<bool> PauseAsync(CancellationToken stop)
    {
        TimeSpan pause = _pause * (0.5 + (Random.Shared.NextDouble() / 2));
        if (pause >= Left) return false;
        _pause = _pause * 2 < options.MaxBackoff ? _pause * 2 : options.MaxBackoff;
        await Task.Delay(pause, options.Clock, stop);
        return true;
    }
}
