using CoopGrid.Client;
using CoopGrid.LoadTest.Checking;
using CoopGrid.LoadTest.Results;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Cluster.Asking;

/// <summary>
/// What callers of a new class were told, held against its books when all is quiet again. Everything whose answer is not known is asked once more, with the
/// same key.
/// </summary>
internal sealed class Reckoning(TimeProvider clock)
{
    private const int AtOnce = 500;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private long _slice;

    /// <summary>Before the first question.</summary>
    public async Task BeginAsync(CoopGridClient client, CancellationToken stop) =>
        _slice = (await client.Classes.GetStateAsync(ClusterCharter.Coop, ClusterCharter.Class, stop)).Slice;

    /// <summary>After the last one.</summary>
    /// <param name="told">Units told as admitted, by member; grows by what is settled here.</param>
    /// <param name="unknown">Questions without an answer.</param>
    public async Task<CheckReport> EndAsync(CoopGridClient client, Dictionary<string, long> told, IReadOnlyCollection<AdmitRequest> unknown, CancellationToken stop)
    {
        var open = new List<OpenQuestion>();
        foreach (AdmitRequest[] questions in unknown.Chunk(AtOnce))
        {
            IReadOnlyList<AdmissionAnswer> answers = await client.AdmitBatchAsync(questions, stop);
            for (int i = 0; i < questions.Length; i++)
            {
                AdmitRequest question = questions[i];
                if (answers[i].Outcome == Outcome.Admitted) told[question.Member] = told.GetValueOrDefault(question.Member) + question.Units;
                else if (answers[i].Outcome == Outcome.Unavailable) open.Add(new(question.Member, question.Key, question.Lane, question.Units, Cancel: false));
            }
        }

        PolicyFacts policy = await PolicyFacts.ReadAsync(client, ClusterCharter.Coop, ClusterCharter.Class, stop);
        (Standings books, bool oneSlice) = await new ClassBooks(client, ClusterCharter.Coop, ClusterCharter.Class, clock).TakeAsync(Patience, stop);
        var recording = new Recording(
            1, "", ClusterCharter.Coop, ClusterCharter.Class, new Standings(_slice, 0, []), [.. told.Select(pair => new MemberUnits(pair.Key, pair.Value))], open);
        return Checker.Check(recording, books, oneSlice, policy.Slices);
    }
}
