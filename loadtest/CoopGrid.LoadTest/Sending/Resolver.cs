using System.Collections.Concurrent;
using CoopGrid.Client;
using CoopGrid.LoadTest.Results;
using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.LoadTest.Sending;

/// <summary>
/// Asks again, with the same keys, what is not known. An answer settles the question either way: if the key was charged it is
/// replayed; if it was not, it is decided now, and told now. Many are asked side by side, as each may take the whole retry time.
/// </summary>
internal sealed class Resolver(CoopGridClient client)
{
    private static readonly ParallelOptions SideBySide = new() { MaxDegreeOfParallelism = 256 };

    /// <summary>Settles what a run left open; what stays unknown stays in its queues.</summary>
    /// <returns>How many stay unknown.</returns>
    public async Task<int> SettleAsync(LoadRun run)
    {
        await Parallel.ForEachAsync(Taken(run.Open.Admissions), SideBySide, async (place, _) =>
        {
            AdmissionAnswer answer = await client.AdmitAsync(run.Question(place), CancellationToken.None);
            if (answer.Outcome == Outcome.Unavailable) run.Open.Admissions.Enqueue(place);
            else run.Resolve(place, answer);
            if (answer.IsDeferred) await run.RedeemAsync(place, answer);
        });
        await Parallel.ForEachAsync(Taken(run.Open.Cancels), SideBySide, async (place, _) =>
        {
            if (await CancelAsync(run.CancelOf(place)) is { } units) run.Tally.CountCancelled(run.Workload.Sends[place], units);
            else run.Open.Cancels.Enqueue(place);
        });
        await Parallel.ForEachAsync(Taken(run.Open.Redemptions), SideBySide, async (open, _) => await run.RedeemAsync(open.Place, open.Deferred));
        return run.Open.Count;
    }

    /// <summary>Settles what a recording left open, and corrects what it says was told.</summary>
    /// <returns>The recording with its questions answered; those that stay unknown stay in it.</returns>
    public async Task<Recording> SettleAsync(Recording recording)
    {
        var changes = new long?[recording.Open.Count];
        await Parallel.ForAsync(0, changes.Length, SideBySide, async (i, _) => changes[i] = await ChangeAsync(recording.Coop, recording.Open[i]));
        var told = recording.Told.ToDictionary(member => member.Member, member => member.Units, StringComparer.Ordinal);
        for (int i = 0; i < changes.Length; i++)
        {
            string member = recording.Open[i].Member;
            if (changes[i] is { } units) told[member] = told.GetValueOrDefault(member) + units;
        }

        return recording with
        {
            Open = [.. recording.Open.Where((_, i) => changes[i] is null)],
            Told = [.. told.Select(pair => new MemberUnits(pair.Key, pair.Value))],
        };
    }

    /// <summary>Takes everything out of a queue.</summary>
    private static List<T> Taken<T>(ConcurrentQueue<T> queue)
    {
        var taken = new List<T>();
        while (queue.TryDequeue(out T? next)) taken.Add(next);
        return taken;
    }

    /// <returns>By how many units the answer changes what the member was told; null if there is none.</returns>
    private async Task<long?> ChangeAsync(string coop, OpenQuestion question) => question.Cancel
        ? -await CancelAsync(new() { Coop = coop, Member = question.Member, Key = question.Key })
        : await AdmitAsync(coop, question);

    private async Task<long?> AdmitAsync(string coop, OpenQuestion question)
    {
        AdmissionAnswer answer = await client.AdmitAsync(new()
        {
            Coop = coop,
            Member = question.Member,
            Lane = question.Lane,
            Units = question.Units,
            Key = question.Key,
        });
        return answer.Outcome == Outcome.Unavailable ? null : answer.IsAdmitted || answer.IsDeferred ? answer.Reply.Units : 0;
    }

    private async Task<long?> CancelAsync(CancelRequest request)
    {
        try
        {
            return (await client.CancelAsync(request)).ReturnedUnits;
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.NotFound or StatusCode.FailedPrecondition)
        {
            return 0;
        }
        catch (RpcException)
        {
            return null;
        }
    }
}
