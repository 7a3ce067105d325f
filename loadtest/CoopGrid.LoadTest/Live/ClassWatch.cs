using CoopGrid.Client;
using CoopGrid.LoadTest.Results;
using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.LoadTest.Live;

/// <summary>Looks at the class four times a second while a run goes on, and remembers how it stood.</summary>
internal sealed class ClassWatch(CoopGridClient client, string coop, string name, TimeProvider clock)
{
    private readonly List<ClassSample> _samples = [];
    private ClassState? _latest;

    public ClassState? Latest => Volatile.Read(ref _latest);

    public int LowestMultiplier { get; private set; }

    public int HighestMultiplier { get; private set; }

    /// <summary>One a second.</summary>
    public IReadOnlyList<ClassSample> Samples => _samples;

    /// <summary>Watches until stopped. While the grid is away there is just nothing new.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        long started = clock.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250), clock);
        try
        {
            do
            {
                try
                {
                    Take(await client.Classes.GetStateAsync(coop, name, stop), clock.GetElapsedTime(started).TotalSeconds);
                }
                catch (RpcException) when (!stop.IsCancellationRequested)
                {
                    // Nothing new.
                }
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (Exception error) when (error is OperationCanceledException or RpcException)
        {
            // The run is over.
        }

        await LastLookAsync(clock.GetElapsedTime(started).TotalSeconds);
    }

    private async Task LastLookAsync(double seconds)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1), clock);
            Take(await client.Classes.GetStateAsync(coop, name, patience.Token), seconds);
        }
        catch (Exception error) when (error is OperationCanceledException or RpcException)
        {
            // Nothing new.
        }
    }

    private void Take(ClassState state, double seconds)
    {
        Volatile.Write(ref _latest, state);
        int multiplier = state.MultiplierPermille;
        LowestMultiplier = LowestMultiplier == 0 ? multiplier : Math.Min(LowestMultiplier, multiplier);
        HighestMultiplier = Math.Max(HighestMultiplier, multiplier);
        if (_samples.Count > 0 && seconds - _samples[^1].Seconds < 1) return;
        _samples.Add(new(
            Math.Round(seconds, 2), state.UsageUnits, state.Members, state.MeanMilliunits, multiplier,
            state.Lanes.Sum(lane => lane.DemandUnits), state.Lanes.Sum(lane => lane.AdmittedUnits)));
    }
}
