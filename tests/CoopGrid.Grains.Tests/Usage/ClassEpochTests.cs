using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Usage;

/// <summary>Two activations of a class, as there may be for a moment when silos join: the older one must go.</summary>
public sealed class ClassEpochTests
{
    private const string Class = "homes";
    private const int Hour = 3_600_000;

    private static readonly ClassPolicy Slow = new()
    {
        Capacity = new() { UnitsPerSecond = 100, BurstUnits = 1000, MaxRequestUnits = 10 },
        Window = new() { SliceMs = Hour, Slices = 24 },
        Price = new() { ControlPeriodMs = Hour },
    };

    /// <summary>Seen to fail without the look at the head: the older activation went on until its hour was over.</summary>
    [Fact]
    public async Task An_older_activation_goes_before_it_has_anything_to_close()
    {
        await using GridSilo silo = await GridSilo.StartAsync(time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56).AddMinutes(15)));
        await silo.Found(Class, Slow, 1);
        await silo.AdvanceUntil(() => silo.Disk.PricesOf(GridSilo.ClassOf(Class)).Count > 0, "the period before");
        DateTimeOffset before = silo.Time.GetUtcNow();
        long Epoch() => silo.Disk.Heads[GridSilo.ClassOf(Class)].Epoch;

        // What a later activation elsewhere does first.
        long elsewhere;
        lock (silo.Disk.Lock)
        {
            ClassHead head = silo.Disk.Heads[GridSilo.ClassOf(Class)];
            elsewhere = head.Epoch + 1;
            silo.Disk.Heads[GridSilo.ClassOf(Class)] = head with { Epoch = elsewhere };
        }

        await silo.AdvanceUntil(() => Epoch() > elsewhere, "an activation after it");
        ClassGate gate = (await silo.Service<ClassGates>().GetAsync(GridSilo.ClassOf(Class)))!;
        await silo.AdvanceUntil(() => gate.View.Signal.Epoch == Epoch() && gate.View.Signal.LeaseUnitsPerSecond == 100, "a lease from it");
        Assert.True(silo.Time.GetUtcNow() - before < TimeSpan.FromMinutes(30), "Something may have been closed meanwhile.");
    }
}
