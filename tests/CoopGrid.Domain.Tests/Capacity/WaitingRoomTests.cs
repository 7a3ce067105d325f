using CoopGrid.Domain.Capacity;
using Xunit;

namespace CoopGrid.Domain.Tests.Capacity;

/// <summary>The numbered properties of <see cref="WaitingRoom{T}"/>. Capacity 1000 units/s, so that a unit takes a millisecond.</summary>
public class WaitingRoomTests
{
    private static readonly Lease Thousand = new(1000, 1000);
    private readonly WaitingRoom<string> _room = new(4);
    private readonly List<Waiting<string>> _served = [];
    private readonly List<Waiting<string>> _expired = [];

    /// <summary>1.</summary>
    [Fact]
    public void Better_bands_are_served_first_and_within_a_band_the_earlier_over_all_lanes()
    {
        RoomBuckets buckets = Plans.Buckets(Thousand, 100, 0, 0, 0);
        Enter("late", 1, 7, 1);
        Enter("first", 0, 5, 1);
        Enter("second", 1, 5, 1);
        Enter("best", 1, 0, 1);
        Serve(buckets, 1_000_000);
        Assert.Equal(["best", "first", "second", "late"], _served.Select(w => w.Waiter));
        Assert.Equal(0, _room.Count);
    }

    [Fact]
    public void Units_that_wait_are_known_by_lane_and_band()
    {
        Enter("one", 0, 5, 3);
        Enter("two", 0, 5, 4);
        Enter("three", 1, 0, 2);
        _room.Remove("one");
        Assert.Equal((4, 2), (_room.Units[GateDemand.At(0, 5)], _room.Units[GateDemand.At(1, 0)]));
        Serve(Plans.Buckets(Thousand, 100, 0, 0), 1_000_000);
        Assert.Equal(0, _room.Units.IndexOfAnyExcept(0) + 1);
    }

    /// <summary>2. Seen to fail: with the lanes' floors not kept.</summary>
    [Fact]
    public void A_waiter_keeps_the_shared_bucket_and_its_own_floor_from_those_behind_it()
    {
        // Lane 0's floor holds 400 and fills at 400/s; lane 1 has none; the rest is shared.
        RoomBuckets buckets = Plans.Buckets(Thousand, 100, 400, 0);
        Enter("big", 1, 0, 100);
        Enter("small", 1, 3, 1);
        Enter("floor", 0, 3, 4);
        Enter("floor, big", 0, 3, 400);
        Assert.False(_room.TryPass(buckets, new(1, 0, 1), 20_000));
        Assert.False(_room.TryPass(buckets, new(1, 9, 1), 20_000));
        Assert.True(_room.TryPass(buckets, new(0, 0, 1), 20_000));
        Assert.False(_room.TryPass(buckets, new(0, 9, 1), 20_000));
        Serve(buckets, 300_000);
        Assert.Equal(["big", "floor"], Names(_served));
    }

    /// <summary>2. Shared is at 120 of the 150 that band 3 must leave; lane 0's floor of 400 is at 160, 60 above its own threshold.</summary>
    [Fact]
    public void A_floor_serves_its_lane_past_other_lanes_waiters()
    {
        RoomBuckets buckets = Plans.Buckets(Thousand, 100, 400, 0);
        Enter("waits", 1, 3, 10);
        Enter("floor", 0, 3, 10);
        Enter("floor, later", 0, 3, 100);
        Enter("behind it", 0, 4, 1);
        buckets.TryTake(new(1, 0, 120), 400_000);
        Serve(buckets, 400_000);
        Assert.Equal(["floor"], Names(_served));
        Assert.Equal(3, _room.Count);
    }

    [Fact]
    public void A_large_one_of_a_bad_band_keeps_no_better_one_waiting()
    {
        RoomBuckets buckets = Plans.Buckets(Thousand, 100, 0, 0);
        Enter("large", 0, 60, 100);
        Assert.True(_room.MustWaitBehind(new(0, 60, 1)));
        Assert.False(_room.MustWaitBehind(new(0, 59, 1)));
        Assert.True(_room.TryPass(buckets, new(0, 0, 5), 10_000));
        Enter("better", 0, 1, 5);
        Serve(buckets, 300_000);
        Assert.Equal(["better"], Names(_served));
    }

    /// <summary>3.</summary>
    [Fact]
    public void A_waiter_that_the_lease_cannot_hold_keeps_nobody_waiting()
    {
        RoomBuckets buckets = Plans.Buckets(Thousand, 100, 0, 0);
        Enter("huge", 0, 0, 100);
        Enter("small", 0, 0, 1);
        buckets.SetLease(new(1000, 50), 0);
        Assert.Equal(1000, _room.NextWakeMicros(buckets, 0));
        Serve(buckets, 1000);
        Assert.Equal(["small"], Names(_served));
    }

    /// <summary>4.</summary>
    [Fact]
    public void When_full_the_latest_of_the_worst_band_gives_way_to_a_better_one()
    {
        Enter("a", 0, 5, 1);
        Enter("b", 0, 7, 1);
        Enter("c", 1, 7, 1);
        Enter("d", 0, 6, 1);
        Assert.False(_room.TryEnter(new(0, 7, 1), 1, "no better", out string? evicted));
        Assert.Null(evicted);
        Assert.True(_room.TryEnter(new(0, 6, 1), 1, "better", out evicted));
        Assert.Equal("c", evicted);
        Assert.Equal(4, _room.Count);
        Assert.False(_room.Remove("c"));
        Assert.False(new WaitingRoom<string>(0).TryEnter(new(0, 0, 1), 1, "x", out _));
    }

    /// <summary>5.</summary>
    [Fact]
    public void Nobody_is_served_after_its_deadline()
    {
        RoomBuckets buckets = Plans.Buckets(Thousand, 100, 0, 0);
        Enter("over", 0, 0, 1, deadline: 99_999);
        Enter("in time", 0, 0, 1, deadline: 100_000);
        Enter("no room", 0, 0, 100, deadline: 100_000);
        Enter("later", 0, 0, 1, deadline: 200_000);
        Assert.Equal(1000, _room.NextWakeMicros(buckets, 0));
        Serve(buckets, 100_000);
        // The last one was behind "no room" until that had to go.
        Assert.Equal(["in time", "later"], Names(_served));
        Assert.Equal(["over", "no room"], Names(_expired));
        Assert.Equal(0, _room.Count);
    }

    [Fact]
    public void A_removed_waiter_is_neither_served_nor_expired_and_nobody_waits_behind_it()
    {
        RoomBuckets buckets = Plans.Buckets(Thousand, 100, 0, 0);
        Enter("gone", 0, 0, 1);
        Assert.True(_room.Remove("gone"));
        Assert.False(_room.Remove("gone"));
        Assert.False(_room.MustWaitBehind(new(0, 61, 1)));
        Assert.Equal(long.MaxValue, _room.NextWakeMicros(buckets, 0));
        Serve(buckets, 10_000_000);
        Assert.Empty(_served);
        Assert.Empty(_expired);
    }

    /// <summary>
    /// Against a slow oracle: a sorted list, served by rule 2 as it is written. At every wake somebody is served or expires, so a pump that
    /// sleeps until then neither spins nor is late.
    /// </summary>
    [Fact]
    public void It_serves_as_a_sorted_list_would()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            CapacityPlan plan = Plans.Random(random, new(1000, 400));
            var room = new WaitingRoom<string>(50);
            var list = new List<(RoomRequest Request, long Deadline, string Name)>();
            RoomBuckets fast = Granted(plan), slow = Granted(plan);
            long now = 0;
            for (int i = 0; i < 200; i++)
            {
                now += random.Next(20_000);
                var request = new RoomRequest(random.Next(plan.Lanes), random.Next(4) * 20, random.Next(1, 80));
                if (list.Count < 50)
                {
                    list.Add((request, now + random.Next(200_000), $"{i}"));
                    Assert.True(room.TryEnter(request, list[^1].Deadline, list[^1].Name, out _));
                }

                if (random.Next(10) == 0) Assert.True(room.Remove(TakeOut(list, random.Next(list.Count))));
                now = random.Next(2) == 0 ? now : Math.Min(room.NextWakeMicros(fast, now), now + 1_000_000);
                bool due = room.NextWakeMicros(fast, now) <= now;
                List<Waiting<string>> served = [], expired = [];
                room.Serve(fast, now, served, expired);
                Assert.Equal(due, served.Count + expired.Count > 0);
                Assert.Equal(SlowServe(list, slow, now), served.Select(w => w.Waiter));
                Assert.Equal(list.Count, room.Count);
                Assert.True(room.NextWakeMicros(fast, now) > now, $"seed {seed} step {i}: {room.Count} wait, now {now}");
            }
        }
    }

    private static List<string> SlowServe(List<(RoomRequest Request, long Deadline, string Name)> list, RoomBuckets buckets, long now)
    {
        list.RemoveAll(w => w.Deadline < now);
        List<string> served = SlowPass(list, buckets, now);
        return list.RemoveAll(w => w.Deadline == now) > 0 ? [.. served, .. SlowPass(list, buckets, now)] : served;
    }

    private static List<string> SlowPass(List<(RoomRequest Request, long Deadline, string Name)> list, RoomBuckets buckets, long now)
    {
        List<string> served = [];
        HashSet<int> kept = [];
        foreach (var waiter in list.OrderBy(w => w.Request.Band).ToList())
        {
            if (kept.Contains(waiter.Request.Lane) || !buckets.Fits(waiter.Request)) continue;
            bool taken = kept.Count > 0 ? buckets.TryTakeFloor(waiter.Request, now) : buckets.TryTake(waiter.Request, now);
            if (!taken) kept.Add(waiter.Request.Lane);
            else if (list.Remove(waiter)) served.Add(waiter.Name);
        }

        return served;
    }

    private static string TakeOut(List<(RoomRequest Request, long Deadline, string Name)> list, int at)
    {
        string name = list[at].Name;
        list.RemoveAt(at);
        return name;
    }

    private static RoomBuckets Granted(CapacityPlan plan)
    {
        var buckets = new RoomBuckets(plan);
        buckets.SetLease(plan.Full, 0);
        return buckets;
    }

    private static IEnumerable<string> Names(IEnumerable<Waiting<string>> waiting) => waiting.Select(w => w.Waiter);

    private void Enter(string name, int lane, int band, long units, long deadline = 10_000_000) =>
        Assert.True(_room.TryEnter(new(lane, band, units), deadline, name, out _));

    private void Serve(RoomBuckets buckets, long now) => _room.Serve(buckets, now, _served, _expired);
}
