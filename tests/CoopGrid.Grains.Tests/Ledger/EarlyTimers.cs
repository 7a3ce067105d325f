using Microsoft.Extensions.Time.Testing;

namespace CoopGrid.Grains.Tests.Ledger;

/// <summary>A clock whose timers fire a moment too early, as the system's do: those count in ticks, and timestamps do not.</summary>
internal sealed class EarlyTimers : FakeTimeProvider
{
    private static readonly TimeSpan Moment = TimeSpan.FromTicks(TimeSpan.TicksPerMillisecond / 2);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Early(base.CreateTimer(callback, state, Sooner(dueTime), period));

    private static TimeSpan Sooner(TimeSpan due) => due > Moment ? due - Moment : due;

    private sealed class Early(ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(Sooner(dueTime), period);

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
