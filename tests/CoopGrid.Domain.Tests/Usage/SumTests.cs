using CoopGrid.Domain.Usage;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Usage;

/// <summary>S of the class equals the sum of its members' usage (SPEC.md §3).</summary>
public class SumTests
{
    private const int Members = 5;
    private const int Slices = 4;

    /// <summary>
    /// Members take additions, late ones and cancels, and roll at random; the class hears of each member's in that member's order, but
    /// anyhow late, and rolls at random. Seen to fail when a window still takes units for the slice that has just left it.
    /// </summary>
    [Fact]
    public void Once_all_is_heard_the_members_sum_to_the_class() =>
        Gen.Select(Gen.Int[0, Members - 1], Gen.Int[0, 9], Gen.Long[0, 100], Gen.Int[0, 6]).Array[0, 120].Sample(
            steps =>
            {
                MemberWindow[] members = [.. Enumerable.Range(0, Members).Select(_ => new MemberWindow(Slices))];
                Queue<SliceUnits>[] unheard = [.. members.Select(_ => new Queue<SliceUnits>())];
                var sum = new ClassWindow(Slices);
                long now = 100;
                foreach ((int member, int kind, long units, int late) in steps)
                {
                    if (kind == 0) now += late;
                    if (kind == 1) members[member].Roll(now);
                    if (kind == 2) sum.Roll(now);
                    if (kind is 3 or 4) Hear(sum, unheard[member]);
                    if (kind >= 5)
                    {
                        long slice = now - late;
                        long change = kind == 5 ? -Math.Min(units, members[member].UnitsIn(slice)) : units;
                        if (members[member].Add(slice, change)) unheard[member].Enqueue(new(slice, change));
                    }
                }

                foreach (Queue<SliceUnits> queue in unheard) while (queue.Count > 0) Hear(sum, queue);
                for (long at = now; at <= now + Slices; at++) Assert.Equal(members.Sum(m => m.UsageAt(at)), sum.UsageAt(at));
            },
            iter: 5000);

    [Fact]
    public void A_member_that_leaves_takes_its_window_with_it()
    {
        var member = new MemberWindow(Slices);
        var sum = new ClassWindow(Slices);
        foreach (SliceUnits slice in (SliceUnits[])[new(1, 10), new(3, 5)])
        {
            member.Add(slice.Slice, slice.Units);
            sum.Add(slice.Slice, slice.Units + 1);
        }

        foreach (SliceUnits slice in member.Held) sum.Add(slice.Slice, -slice.Units);
        Assert.Equal([new(1, 1), new(3, 1)], sum.Held);
    }

    private static void Hear(ClassWindow sum, Queue<SliceUnits> queue)
    {
        if (queue.TryDequeue(out SliceUnits heard)) sum.Add(heard.Slice, heard.Units);
    }
}
