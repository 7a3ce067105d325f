using CoopGrid.Client;
using CoopGrid.LoadTest.Cluster.Asking;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Cluster.MassRecovery;

/// <summary>The first question for a member after the death of its silo. Times are in ms of the run.</summary>
/// <param name="Attempts">How often it was asked until it was answered.</param>
internal readonly record struct FirstTouch(double AskedMs, double AnsweredMs, int Attempts, bool IsAdmitted);

/// <summary>Asks for each member once, and again until there is an answer, as a relay does.</summary>
internal sealed class FirstTouches(CoopGridClient client, RunClock clock)
{
    private const int Batch = 500;
    private const int SideBySide = 4;

    private readonly List<FirstTouch> _touches = [];
    private readonly Lock _lock = new();

    /// <summary>Those that were answered.</summary>
    public IReadOnlyList<FirstTouch> Touches
    {
        get
        {
            lock (_lock) return [.. _touches];
        }
    }

    /// <summary>Asks for one member after another at a steady pace, and returns when all are answered.</summary>
    public Task AtPaceAsync(IReadOnlyList<string> members, double perSecond, string key, CancellationToken stop) =>
        new Pace(clock.Time).RunAsync(perSecond, members.Count, number => OneAsync(Question(members[(int)number], key), stop), stop);

    /// <summary>Asks for all at once, in batches, some side by side.</summary>
    /// <returns>How many were admitted.</returns>
    public static async Task<int> AllAsync(CoopGridClient client, IEnumerable<string> members, string key, CancellationToken stop)
    {
        int admitted = 0;
        await Parallel.ForEachAsync(members.Chunk(Batch), new ParallelOptions { MaxDegreeOfParallelism = SideBySide, CancellationToken = stop }, async (some, cancel) =>
        {
            IReadOnlyList<AdmissionAnswer> answers = await client.AdmitBatchAsync([.. some.Select(member => Question(member, key))], cancel);
            Interlocked.Add(ref admitted, answers.Count(answer => answer.IsAdmitted));
        });
        return admitted;
    }

    private async Task OneAsync(AdmitRequest question, CancellationToken stop)
    {
        double asked = clock.NowMs;
        AdmissionAnswer answer = await client.AdmitAsync(question, stop);
        lock (_lock) _touches.Add(new(asked, clock.NowMs, answer.Attempts, answer.IsAdmitted));
    }

    private static AdmitRequest Question(string member, string key) => new()
    {
        Coop = ClusterCharter.Coop,
        Member = member,
        Units = 1,
        Key = key,
    };
}
