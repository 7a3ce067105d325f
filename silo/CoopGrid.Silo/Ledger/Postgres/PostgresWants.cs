using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Npgsql;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>
/// Hears of wants the moment they are committed, on a connection that listens. It is a hint only: while the connection is lost nothing is heard, and
/// who waits looks again when its wait is over.
/// </summary>
internal sealed class PostgresWants(NpgsqlDataSource source, string schema, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<long, TaskCompletionSource> _next = new();
    private readonly CancellationTokenSource _stop = new();
    private int _listening;

    private TimeProvider Clock { get; } = clock;

    /// <summary>Where wants are announced, with the holder's number.</summary>
    public string Channel { get; } = $"{schema}_want";

    /// <summary>Begins to wait for wants of claims that <paramref name="holder"/> holds.</summary>
    public Wait Begin(long holder, TimeSpan atMost)
    {
        if (Interlocked.Exchange(ref _listening, 1) == 0) _ = Task.Run(ListenAsync);
        return new(this, holder, atMost);
    }

    public void Dispose()
    {
        _stop.Cancel();
        TellAll();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever ends the connection, another one is opened; meanwhile wants are found by looking.")]
    private async Task ListenAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using NpgsqlConnection connection = await source.OpenConnectionAsync(_stop.Token);
                connection.Notification += (_, note) => Tell(note.Payload);
                await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection)) await listen.ExecuteNonQueryAsync(_stop.Token);

                // What came before this connection listened was not heard.
                TellAll();
                while (true) await connection.WaitAsync(_stop.Token);
            }
            catch (Exception)
            {
                await Task.Delay(RetryAfter, Clock, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Tell(string holder)
    {
        if (long.TryParse(holder, CultureInfo.InvariantCulture, out long number) && _next.TryRemove(number, out TaskCompletionSource? waiting)) waiting.TrySetResult();
    }

    private void TellAll()
    {
        foreach (long holder in _next.Keys)
        {
            if (_next.TryRemove(holder, out TaskCompletionSource? waiting)) waiting.TrySetResult();
        }
    }

    /// <summary>A wait that ends with its time.</summary>
    internal sealed class Wait : IDisposable
    {
        private readonly PostgresWants _wants;
        private readonly long _holder;
        private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ITimer? _timer;

        public Wait(PostgresWants wants, long holder, TimeSpan atMost)
        {
            (_wants, _holder) = (wants, holder);
            if (atMost <= TimeSpan.Zero) _over.SetResult();
            else _timer = wants.Clock.CreateTimer(_ => _over.TrySetResult(), null, atMost, Timeout.InfiniteTimeSpan);
        }

        public bool IsOver => _over.Task.IsCompleted;

        /// <summary>Completes with the next want that is told; it may be told in vain.</summary>
        public Task Next() => _wants._next.GetOrAdd(_holder, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

        /// <summary>Until <paramref name="told"/> or the end.</summary>
        public async Task UntilAsync(Task told, CancellationToken cancellation) => await Task.WhenAny(told, _over.Task).WaitAsync(cancellation);

        public void Dispose() => _timer?.Dispose();
    }
}
