using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Orleans.Storage;
using Orleans.Timers;

namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>
/// One activation of a real grain, without Orleans: its context, its timers and its turns. Calls of a grain that is not reentrant come one
/// after another; a reentrant one's interleave where they wait.
/// </summary>
internal sealed class SimActivation : IServiceProvider, ITimerRegistry
{
    private delegate void SetContext(IGrainContext? context, out IGrainContext? existing);

    // A grain takes its context from Orleans' ambient one, which has no public setter.
    private static readonly SetContext Enter = typeof(Grain).Assembly.GetType("Orleans.Runtime.RuntimeContext", throwOnError: true)!
        .GetMethod("SetExecutionContext", BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)!.CreateDelegate<SetContext>();

    private readonly SimSilo _silo;
    private readonly bool _reentrant;
    private readonly Task _activated;
    private readonly List<SimGrainTimer> _timers = [];
    private readonly IGrainContext _context;
    private readonly IGrainRuntime _runtime;
    private Task _turn = Task.CompletedTask;

    public SimActivation(SimSilo silo, GrainId id, bool reentrant, Func<SimActivation, Grain> make, Func<Task> before)
    {
        _silo = silo;
        _reentrant = reentrant;
        Id = id;
        _context = Fake.Of<IGrainContext>(method => method.Name switch
        {
            "get_GrainId" => Id,
            "get_ActivationServices" => this,
            "Deactivate" => Deactivated(),
            _ => throw new NotSupportedException(method.Name),
        });
        _runtime = Fake.Of<IGrainRuntime>(method => method.Name switch
        {
            "get_TimerRegistry" => this,
            "get_GrainFactory" => silo.References,
            "DeactivateOnIdle" => Deactivated(),
            _ => throw new NotSupportedException(method.Name),
        });
        Enter(_context, out IGrainContext? outer);
        Grain = make(this);
        Enter(outer, out _);
        _activated = _turn = Activate(before);
    }

    public GrainId Id { get; }

    public Grain Grain { get; }

    public bool IsGone { get; private set; }

    public object? GetService(Type serviceType) =>
        serviceType == typeof(IGrainRuntime) ? _runtime : serviceType == typeof(ITimerRegistry) ? this : null;

    /// <summary>Calls the grain.</summary>
    public async Task<T> Call<T>(Func<Grain, Task<T>> call)
    {
        try
        {
            if (!_reentrant) return await InTurn(() => Alive(call));
            await _activated;
            return await Alive(call);
        }
        catch (InconsistentStateException)
        {
            Deactivate();
            throw;
        }
    }

    /// <summary>Ends it after the calls that it is at.</summary>
    public void Deactivate()
    {
        if (IsGone) return;
        IsGone = true;
        _silo.Forget(this);
        foreach (SimGrainTimer timer in _timers) timer.Dispose();
        _silo.Scheduler.Run(async () =>
        {
            try
            {
                await InTurn(async () =>
                {
                    await Grain.OnDeactivateAsync(new(DeactivationReasonCode.ApplicationRequested, ""), CancellationToken.None);
                    return true;
                });
            }
            catch (Exception failure)
            {
                _silo.World.Note(() => $"silo {_silo.Number}: {Id} did not deactivate well: {failure.Message}");
            }
        });
    }

    IDisposable ITimerRegistry.RegisterTimer(IGrainContext grainContext, Func<object?, Task> callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        throw new NotSupportedException();

    IGrainTimer ITimerRegistry.RegisterGrainTimer<TState>(
        IGrainContext grainContext, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
    {
        var timer = new SimGrainTimer(_silo.Scheduler, _silo.Time, options, () => InTurn(async () =>
        {
            await callback(state, CancellationToken.None);
            return true;
        }), failure =>
        {
            if (failure is InconsistentStateException) Deactivate();
        });
        _timers.Add(timer);
        return timer;
    }

    private async Task Activate(Func<Task> before)
    {
        try
        {
            await before();
            await Grain.OnActivateAsync(CancellationToken.None);
        }
        catch
        {
            // The next call makes a new one.
            IsGone = true;
            _silo.Forget(this);
            throw;
        }
    }

    // Orleans sends calls that an activation has not begun on to the next one.
    private Task<T> Alive<T>(Func<Grain, Task<T>> call) => IsGone ? throw new IOException("The activation has gone.") : call(Grain);

    private object? Deactivated()
    {
        Deactivate();
        return null;
    }

    private async Task<T> InTurn<T>(Func<Task<T>> work)
    {
        var mine = new TaskCompletionSource();
        Task before = _turn;
        _turn = mine.Task;
        try
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            await _activated;
            return await work();
        }
        finally
        {
            mine.SetResult();
        }
    }

    private sealed class SimGrainTimer : IGrainTimer
    {
        private readonly SimScheduler _scheduler;
        private readonly GrainTimerCreationOptions _options;
        private readonly Func<Task> _tick;
        private readonly Action<Exception> _failed;
        private readonly ITimer _timer;
        private bool _disposed;

        public SimGrainTimer(SimScheduler scheduler, TimeProvider time, GrainTimerCreationOptions options, Func<Task> tick, Action<Exception> failed)
        {
            (_scheduler, _options, _tick, _failed) = (scheduler, options, tick, failed);
            _timer = time.CreateTimer(_ => _ = _scheduler.Run(Tick), null, options.DueTime, Timeout.InfiniteTimeSpan);
        }

        public void Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose()
        {
            _disposed = true;
            _timer.Dispose();
        }

        // The next tick is counted from the end of this one.
        private async Task Tick()
        {
            try
            {
                if (!_disposed) await _tick();
            }
            catch (Exception failure)
            {
                _failed(failure);
            }

            if (!_disposed) _timer.Change(_options.Period, Timeout.InfiniteTimeSpan);
        }
    }
}

/// <summary>Stands for an interface of which little is called.</summary>
[SuppressMessage("Performance", "CA1852", Justification = "The proxy derives from it.")]
internal class Fake : DispatchProxy
{
    private Func<MethodInfo, object?[], object?> _answer = null!;

    public static T Of<T>(Func<MethodInfo, object?> answer) where T : class => Of<T>((method, _) => answer(method));

    public static T Of<T>(Func<MethodInfo, object?[], object?> answer) where T : class
    {
        T fake = Create<T, Fake>();
        ((Fake)(object)fake)._answer = answer;
        return fake;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _answer(targetMethod!, args ?? []);
}
