using CoopGrid.Client;
using CoopGrid.LoadTest.Results;
using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.LoadTest.Sending;

/// <summary>
/// Asks again, with the same keys, what is not known. An answer settles the question either way: if the key was charged it is
/// replayed; if it was not, it is decided now, and told now.
/// </summary>
internal sealed class Resolver(CoopGridClient client)
{
    /// <summary>Settles what a run left open; what stays unknown stays in its queues.</summary>
    /// <returns>How many stay unknown.</returns>
    public async Task<int> SettleAsync(LoadRun run)
    {
        for (int left = run.Open.Admissions.Count; left > 0 && run.Open.Admissions.TryDequeue(out int place); left--)
        {
            AdmissionAnswer answer = await client.AdmitAsync(run.Question(place));
            if (answer.Outcome == Outcome.Unavailable) run.Open.Admissions.Enqueue(place);
            else run.Resolve(place, answer);
        }

        for (int left = run.Open.Cancels.Count; left > 0 && run.Open.Cancels.TryDequeue(out int place); left--)
        {
            long? returned = await CancelAsync(run.CancelOf(place));
            if (returned is { } units) run.Tally.CountCancelled(run.Workload.Sends[place], units);
            else run.Open.Cancels.Enqueue(place);
        }

        return run.Open.Admissions.Count + run.Open.Cancels.Count;
    }

    /// <summary>Settles what a recording left open, and corrects what it says was told.</summary>
    /// <returns>The recording with its questions answered; those that stay unknown stay in it.</returns>
    public async Task<Recording> SettleAsync(Recording recording)
    {
        var told = recording.Told.ToDictionary(member => member.Member, member => member.Units, StringComparer.Ordinal);
        var open = new List<OpenQuestion>();
        foreach (OpenQuestion question in recording.Open)
        {
            long? change = question.Cancel
                ? -await CancelAsync(new() { Coop = recording.Coop, Member = question.Member, Key = question.Key })
                : await AdmitAsync(recording.Coop, question);
            if (change is { } units) told[question.Member] = told.GetValueOrDefault(question.Member) + units;
            else open.Add(question);
        }

        return recording with { Open = open, Told = [.. told.Select(pair => new MemberUnits(pair.Key, pair.Value))] };
    }

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
        return answer.Outcome == Outcome.Unavailable ? null : answer.IsAdmitted ? answer.Reply.Units : 0;
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
