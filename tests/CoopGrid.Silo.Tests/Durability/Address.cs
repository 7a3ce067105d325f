using CoopGrid.Silo.Tests.Processes;

namespace CoopGrid.Silo.Tests.Durability;

/// <summary>Where callers find the silo that lives now.</summary>
internal sealed class Address
{
    private volatile TaskCompletionSource<SiloClients> _now = New();

    /// <summary>The clients of the silo that serves now; waits for one.</summary>
    public Task<SiloClients> Now(CancellationToken stop) => _now.Task.WaitAsync(stop);

    public void Up(SiloClients clients) => _now.SetResult(clients);

    public void Down() => _now = New();

    private static TaskCompletionSource<SiloClients> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
