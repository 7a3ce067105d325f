namespace CoopGrid.Grains.Hosting;

/// <summary>
/// Where work goes on that belongs to the silo and not to the grain that happened to begin it: a grain's scheduler ends with its grain.
/// </summary>
/// <param name="scheduler">The thread pool; in a simulation, its own single thread.</param>
public sealed class Background(TaskScheduler scheduler)
{
    /// <summary>Starts <paramref name="work"/> and does not wait for it.</summary>
    public void Run(Func<Task> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
}
