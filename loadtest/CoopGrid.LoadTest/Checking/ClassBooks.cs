using CoopGrid.Client;
using CoopGrid.LoadTest.Results;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Checking;

/// <summary>How a class and all its members stand, taken so that both speak of the same slice.</summary>
internal sealed class ClassBooks(CoopGridClient client, string coop, string name, TimeProvider clock)
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Takes the books until S stood still around them, they are of one slice and S = Σ u, or until patience ends; then as they were last.
    /// </summary>
    public async Task<(Standings Books, bool OneSlice)> TakeAsync(TimeSpan patience, CancellationToken stop = default)
    {
        long started = clock.GetTimestamp();
        while (true)
        {
            ClassState before = await client.Classes.GetStateAsync(coop, name, stop);
            var members = new List<MemberStanding>();
            bool oneSlice = true;
            await foreach (Member member in client.Members.ListAsync(coop, name, stop: stop))
            {
                members.Add(new(member.Member_, member.TotalUnits, member.WindowUsageUnits));
                oneSlice &= member.Slice == before.Slice;
            }

            ClassState after = await client.Classes.GetStateAsync(coop, name, stop);
            oneSlice &= after.Slice == before.Slice && after.UsageUnits == before.UsageUnits;
            var books = new Standings(before.Slice, before.UsageUnits, members);
            if (oneSlice && Sum(books) == books.UsageUnits) return (books, true);
            if (clock.GetElapsedTime(started) >= patience) return (books, oneSlice);
            await Task.Delay(Between, clock, stop);
        }
    }

    public static long Sum(Standings books) => books.Members.Sum(member => member.WindowUnits);
}
