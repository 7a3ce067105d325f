using CoopGrid.Client;
using CoopGrid.LoadTest.Checking;
using CoopGrid.LoadTest.Results;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Runs;

/// <summary>Makes the members that a run needs.</summary>
internal static class Enrolment
{
    public static async Task EnrolAsync(CoopGridClient client, string coop, string name, IEnumerable<string> members, CancellationToken stop)
    {
        foreach (string[] chunk in members.Chunk(CoopGridClient.MaxBatch))
        {
            var request = new EnrollBatchRequest { Coop = coop, Class = name };
            request.Members.AddRange(chunk);
            await client.Members.EnrollBatchAsync(request, stop);
        }
    }

    /// <summary>Entitles every member to the lanes that it will use, where the policy asks for that.</summary>
    public static async Task EntitleAsync(CoopGridClient client, string coop, Workload workload, PolicyFacts policy, CancellationToken stop)
    {
        IEnumerable<(int Member, byte Lane)> uses = workload.Sends.Select(send => (send.Member, send.Lane)).Distinct()
            .Where(use => policy.Entitled.Contains(workload.Lanes[use.Lane]));
        foreach ((int member, byte lane) in uses)
        {
            await client.Members.EntitleAsync(
                new() { Coop = coop, Member = workload.Members[member], Lane = workload.Lanes[lane], Entitled = true }, stop);
        }
    }

    /// <summary>How the class stands before a run; a class in use is taken as it is.</summary>
    public static async Task<Standings> BaselineAsync(CoopGridClient client, RunContext run, CancellationToken stop)
    {
        var books = new ClassBooks(client, run.Settings.Coop, run.Settings.Class, run.Settings.Clock);
        return (await books.TakeAsync(TimeSpan.FromSeconds(5), stop)).Books;
    }
}
