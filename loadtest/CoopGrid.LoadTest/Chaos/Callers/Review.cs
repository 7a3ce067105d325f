using CoopGrid.Client;
using CoopGrid.LoadTest.Chaos.Judging;
using CoopGrid.LoadTest.Checking;
using CoopGrid.LoadTest.Results;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Chaos.Callers;

/// <summary>
/// Once all is quiet: asks again, with the same keys, for everything that was ever admitted or is not known, and reads the books. What has no answer after
/// <see cref="Patience"/> stays without one.
/// </summary>
internal sealed class Review(Doors doors, HistoryLog history, TimeProvider clock)
{
    /// <summary>How long a quiet grid may take to answer anything.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const int Batch = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Asks the open cancels first, so that the keys' answers are final, then the keys.</summary>
    public async Task AskAgainAsync(CancellationToken stop)
    {
        KeyStory[] stories = [.. history.Calls.GroupBy(call => (call.Member, call.Key)).Select(group => new KeyStory(group))];
        Question[] cancels = [.. stories.Select(story => story.Open).OfType<CallRecord>().Where(call => call.Kind == CallKind.Cancel).Select(Question.Of)];
        await SettleAsync(cancels, OneByOneAsync, stop);
        Question[] keys = [.. stories.Where(story => story.Calls.Any(call => call.IsAdmitted || call.IsUnknown))
            .Select(story => Question.Of(story.Calls.First(call => call.Kind != CallKind.Cancel)))];
        foreach (Question[] batch in keys.Chunk(Batch))
            await SettleAsync(batch, (questions, silo) => doors.AskAllAsync(questions, CallPhase.Review, silo), stop);
    }

    /// <summary>Reads a class's books when its members and it agree, or as they are after the patience.</summary>
    public async Task<ClassBook> BookAsync(CoopGridClient client, string name, CancellationToken stop)
    {
        long started = clock.GetTimestamp();
        (Standings books, bool oneSlice) = await new ClassBooks(client, ChaosCharter.Coop, name, clock).TakeAsync(Patience, stop);
        ClassState state = await client.Classes.GetStateAsync(ChaosCharter.Coop, name, stop);
        long behind = await BehindAsync(client, name, stop);
        while (behind > BooksJudge.MostBehind && clock.GetElapsedTime(started) < Patience)
        {
            await Task.Delay(Pause, clock, stop);
            behind = await BehindAsync(client, name, stop);
        }

        (long unitsPerSecond, long burst) = ChaosCharter.CapacityOf(name);
        return new ClassBook(
            name, unitsPerSecond, burst, books.UsageUnits, state.Members, oneSlice, behind,
            [.. books.Members.Select(member => new MemberBook(member.Member, member.TotalUnits, member.WindowUnits))]);
    }

    private static async Task<long> BehindAsync(CoopGridClient client, string name, CancellationToken stop)
    {
        MeanHistory closed = await client.Classes.GetMeanHistoryAsync(ChaosCharter.Coop, name, stop);
        ClassState state = await client.Classes.GetStateAsync(ChaosCharter.Coop, name, stop);
        return closed.Points.Count == 0 ? long.MaxValue : state.Slice - closed.Points[^1].Slice;
    }

    private async Task<IReadOnlyList<CallRecord>> OneByOneAsync(Question[] questions, int silo) =>
        await Task.WhenAll(questions.Select(question => doors.AskAsync(question, CallPhase.Review, silo)));

    /// <summary>Asks one silo after another until nothing is unknown, or the patience ends.</summary>
    private async Task SettleAsync(Question[] questions, Func<Question[], int, Task<IReadOnlyList<CallRecord>>> ask, CancellationToken stop)
    {
        long started = clock.GetTimestamp();
        for (int silo = 0; questions.Length > 0; silo = (silo + 1) % doors.Count)
        {
            IReadOnlyList<CallRecord> told = await ask(questions, silo);
            questions = [.. questions.Where((_, i) => told[i].IsUnknown)];
            if (questions.Length == 0 || clock.GetElapsedTime(started) >= Patience) return;
            await Task.Delay(Pause, clock, stop);
        }
    }
}
