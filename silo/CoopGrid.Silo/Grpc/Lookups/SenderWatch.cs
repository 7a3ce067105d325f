using System.Diagnostics.CodeAnalysis;
using CoopGrid.Grains.Ledger;

namespace CoopGrid.Silo.Grpc;

/// <summary>
/// Follows the changes that other silos make to senders' bindings: four times a second it asks the directory what changed, and has it forgotten. So a
/// binding that another silo has ended is served for a quarter of a second longer, and for <see cref="Trust"/> at the most: while the directory does not
/// answer, kept bindings are trusted for so long after the last answer's asking, and then read anew, which fails as long as the directory is away.
/// </summary>
internal sealed partial class SenderWatch(Senders senders, IMemberDirectory directory, TimeProvider time, ILogger<SenderWatch> logger) : BackgroundService
{
    /// <summary>How long what is kept may be served after the directory last said that it holds.</summary>
    public static readonly TimeSpan Trust = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(250);

    private long _version;
    private bool _failing;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        senders.TrustUntil(time.GetTimestamp());
        return base.StartAsync(cancellationToken);
    }

    /// <summary>Asks once, and has what changed forgotten.</summary>
    public async Task FollowAsync(CancellationToken cancellation)
    {
        long asked = time.GetTimestamp();
        SenderChanges changes = await directory.ReadSenderChangesAsync(_version, cancellation);
        if (!changes.IsComplete) senders.ForgetAll();
        else if (changes.Senders.Count > 0) senders.Forget(changes.Senders);
        _version = changes.Version;
        senders.TrustUntil(asked + (long)(Trust.TotalSeconds * time.TimestampFrequency));
    }

    [SuppressMessage("Design", "CA1031", Justification = "A directory that fails is asked again; meanwhile nothing kept is trusted.")]
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var pace = new PeriodicTimer(AskEvery, time);
        while (await pace.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await FollowAsync(stoppingToken).WaitAsync(Trust, time, stoppingToken);
                _failing = false;
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                if (!_failing) LogFailed(failure);
                _failing = true;
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Changes of senders cannot be read; they are looked up one by one until they can.")]
    private partial void LogFailed(Exception failure);
}
