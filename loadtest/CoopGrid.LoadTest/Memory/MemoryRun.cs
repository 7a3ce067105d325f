using CoopGrid.Client;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Memory;

/// <summary>What is measured, and of whom.</summary>
internal sealed record MemoryPlan(string Coop, string Class, int Members, int Active, int Messages, TimeSpan IdlePatience);

/// <summary>Brings a silo from state to state and reads its memory in each.</summary>
internal sealed class MemoryRun(CoopGridClient client, MemoryPlan plan, int process, TimeProvider clock)
{
    private const int Lanes = 4;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(3);

    private readonly string[] _members = Workload.Names("m-", plan.Members);
    private readonly string _run = Guid.NewGuid().ToString("N")[..12];

    public Task<MemoryState> EmptyAsync(CancellationToken stop) => After(() => Task.CompletedTask, stop);

    public Task<MemoryState> EnrolAsync(CancellationToken stop) => After(
        () => InLanes(_members.Chunk(CoopGridClient.MaxBatch), async chunk =>
        {
            var request = new EnrollBatchRequest { Coop = plan.Coop, Class = plan.Class };
            request.Members.AddRange(chunk);
            await client.Members.EnrollBatchAsync(request, stop);
        }),
        stop);

    /// <summary>Waits until nearly everything that enrolment added has left the heap again, and it falls no further.</summary>
    /// <exception cref="TimeoutException">It does not.</exception>
    public async Task<MemoryState> IdleAsync(MemoryState empty, MemoryState enrolled, CancellationToken stop)
    {
        long started = clock.GetTimestamp();
        long before = enrolled.HeapBytes;
        while (true)
        {
            await Task.Delay(LookEvery, clock, stop);
            HeapReading now = await HeapProbe.ReadAsync(process, stop);
            TimeSpan passed = clock.GetElapsedTime(started);
            Console.Out.WriteLine($"  {passed.TotalSeconds,6:F1} s: heap {now.HeapBytes / 1e6:F1} MB, resident {now.ResidentBytes / 1e6:F1} MB");
            bool low = now.HeapBytes - empty.HeapBytes < (enrolled.HeapBytes - empty.HeapBytes) / 4;
            if (low && before - now.HeapBytes < before / 100) return State(passed, now);
            if (passed > plan.IdlePatience) throw new InvalidOperationException("Idle members did not leave the silo's memory in time.");
            before = now.HeapBytes;
        }
    }

    /// <summary>The first of the members send.</summary>
    public Task<MemoryState> SendAsync(CancellationToken stop) => After(
        () => InLanes(Sends().Chunk(CoopGridClient.MaxBatch), async chunk =>
        {
            IReadOnlyList<AdmissionAnswer> answers = await client.AdmitBatchAsync(chunk, stop);
            if (answers.FirstOrDefault(answer => answer.Reply.Outcome != Outcome.Admitted) is { } other)
                throw new InvalidOperationException($"A request was answered {other.Reply.Outcome} {other.Reply.Reason}: has the class room enough?");
        }),
        stop);

    /// <summary>Round by round, so that no member sends all of its messages at once.</summary>
    private IEnumerable<AdmitRequest> Sends()
    {
        for (int round = 0; round < plan.Messages; round++)
        {
            for (int member = 0; member < plan.Active; member++)
                yield return new() { Coop = plan.Coop, Member = _members[member], Units = 1, Key = $"{_run}-{round:D4}-{member:D12}" };
        }
    }

    private async Task<MemoryState> After(Func<Task> deed, CancellationToken stop)
    {
        long started = clock.GetTimestamp();
        await deed();
        TimeSpan passed = clock.GetElapsedTime(started);
        return State(passed, await HeapProbe.ReadAsync(process, stop));
    }

    private static MemoryState State(TimeSpan passed, HeapReading reading) => new(
        Math.Round(passed.TotalSeconds, 1), Math.Round(reading.ProcessorSeconds, 1), reading.HeapBytes, reading.ResidentBytes);

    private static Task InLanes<T>(IEnumerable<T> work, Func<T, Task> deed) =>
        Parallel.ForEachAsync(work, new ParallelOptions { MaxDegreeOfParallelism = Lanes }, async (item, _) => await deed(item));
}
