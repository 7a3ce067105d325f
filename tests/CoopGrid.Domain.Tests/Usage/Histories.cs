using System.Collections.Immutable;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Metering;
using CoopGrid.Domain.Tests.Admission;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Tests.Usage;

/// <summary>Random histories of one member, as the rules make them.</summary>
internal static class Histories
{
    private static readonly ClassPolicy Admitted = new()
    {
        Capacity = new() { UnitsPerSecond = 1000, BurstUnits = 2000, MaxRequestUnits = 100 },
        Window = new() { SliceMs = 1000, Slices = 4, GraceMs = 3000 },
        Quota = new() { UnitsPerSecond = 50, BurstUnits = 200 },
        Tariff = new() { BaselineUnits = 60 },
        DedupeWindowMs = 60_000,
    };

    /// <summary>The entries of a life of <paramref name="steps"/> steps.</summary>
    public static List<MemberEntry> Random(int seed, int steps)
    {
        var random = new Random(seed);
        var account = new MemberAccount();
        Instant now = Scene.Now;
        List<MemberEntry> entries = [];
        void Take(MemberEntry? entry)
        {
            if (entry is null) return;
            account.Apply(entry);
            entries.Add(entry);
        }

        Take(new Enrolled(1, now, Admitted.Window.SliceAt(now), 1, "homes", Admitted.Window.Slices));
        for (int step = 0; step < steps; step++)
        {
            now = now.PlusMs(random.Next(0, 900));
            Take(Next(random, account, now));
        }

        return entries;
    }

    private static MemberEntry? Next(Random random, MemberAccount account, Instant now)
    {
        var conditions = new Conditions(now, 1, Admitted, new Mean(100, 3), random.Next(1000, 3000), long.MinValue, now.UnixMs / 1000);
        (long sequence, long slice) = (account.Sequence + 1, conditions.SliceOf(account));
        switch (random.Next(12))
        {
            case 0:
                bool suspended = account.Status == MemberStatus.Suspended;
                return new StatusChanged(sequence, now, slice, 1, suspended ? MemberStatus.Active : MemberStatus.Suspended, suspended ? "" : "unpaid");
            case 1:
                return new EntitlementChanged(sequence, now, slice, 1, random.Next(2) == 0 ? "critical" : "express", random.Next(2) == 0);
            case 2:
                return new MeterRegistered(sequence, now, slice, 1, $"meter-{random.Next(2)}");
            case 3 or 4:
                return Report(random, account, conditions);
            case 5 or 6:
                Remembered[] keys = [.. account.Keys.After(0)];
                if (keys.Length == 0) return null;
                Remembered key = keys[random.Next(keys.Length)];
                return CancelRule.Decide(account, key.Admitted.Key, random.Next(0, (int)key.Admitted.Units + 1), "relay", conditions).Entry;
            default:
                var request = new AdmissionRequest { Key = $"k{sequence}", Units = random.Next(1, 60), Caller = "relay" };
                return AdmissionRule.Decide(account, request, conditions, CapacityPlan.From(Admitted), new Room()).Entry;
        }
    }

    private static MemberEntry? Report(Random random, MemberAccount account, in Conditions conditions)
    {
        string meter = $"meter-{random.Next(2)}";
        if (account.Meter(meter) is not { } chain) return null;
        ClassPolicy metered = Admitted with { Entry = UsageEntry.Metered };
        long running = metered.Window.SliceAt(conditions.Now);
        ImmutableArray<SliceUsage> slices = [new(running - 2, random.Next(0, 9)), new(running - 1, random.Next(0, 9))];
        var report = new UsageReport { Meter = meter, Sequence = chain.Sequence + random.Next(2), Slices = slices };
        return ReportRule.Decide(account, report, conditions with { Policy = metered }, _ => 1500).Entry;
    }
}
