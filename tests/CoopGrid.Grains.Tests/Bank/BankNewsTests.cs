using CoopGrid.Domain.Billing;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Bank;

/// <summary>What a class says of its bank, and what waits until it has said it: a metered class with slices of a second and epochs of six.</summary>
public sealed class BankNewsTests
{
    private const string Class = "homes";
    private const int EpochMs = 6000;

    private static readonly ClassPolicy Metered = Ask.Ample with
    {
        Version = 1,
        Entry = UsageEntry.Metered,
        Window = new() { SliceMs = 1000, Slices = 5, GraceMs = 0, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = EpochMs } },
        Tariff = new() { FixedFee = 1000, Rate = 3, BaselineUnits = 60 },
        Bank = new() { SharePermille = 1000, CapUnits = 90, DecayPermille = 500 },
    };

    /// <summary>
    /// The clock stands still, so a new activation has not looked around yet. A gate that it told nothing would have no bank, and take an epoch's figures for whole
    /// without what decayed. Seen to fail with a bank that is followed from the first look on only.
    /// </summary>
    [Fact]
    public async Task A_new_activation_knows_its_bank_before_it_tells_anything()
    {
        await using GridSilo silo = await Start();
        ClassGate gate = (await silo.Service<ClassGates>().GetAsync(GridSilo.ClassOf(Class)))!;
        await silo.AdvanceUntil(() => gate.View.Bank is { } bank && bank.FinalThrough > bank.FirstSlice + 3, "final slices");
        long through = gate.View.Bank!.FinalThrough, before = (await Exchange(silo)).Epoch;
        await GridSilo.Deactivate(silo.Class(Class));
        ClassSignal first = await Exchange(silo);
        for (int i = 0; i < 100 && first.Epoch == before; i++) first = await Exchange(silo);
        Assert.NotEqual(before, first.Epoch);
        Assert.True(first.Bank?.FinalThrough >= through, $"It tells of slices through {first.Bank?.FinalThrough}, and {through} was final.");
    }

    /// <summary>
    /// A gate that was heard and is silent now holds the price up for two seconds: slices are closed by then, and what decays after the epoch's last one is not known.
    /// Seen to fail with an epoch that is frozen by its closed slices alone, and with a member that does not wait for what its own gate has heard.
    /// </summary>
    [Fact]
    public async Task An_epochs_figures_wait_for_what_decays_at_its_end()
    {
        await using GridSilo silo = await Start();
        ClassGate gate = (await silo.Service<ClassGates>().GetAsync(GridSilo.ClassOf(Class)))!;
        await silo.AdvanceUntil(
            async () => (await silo.StateOf("m0")).Bank is { Held: > 10 } && silo.Time.GetUtcNow().ToUnixTimeMilliseconds() % EpochMs is > 4900 and < 5000,
            () => "savings, and the end of an epoch's last slice but one, which prices the last",
            stepMs: 25);
        EpochSlices epoch = gate.View.Epochs!.At(Metered.Window.SliceAt(Instant.Now(silo.Time)))!;
        await Exchange(silo, producer: 98);
        await silo.AdvanceUntil(async () => (await Exchange(silo)).OpenSlice >= epoch.End, () => "closed slices", stepMs: 25);
        Assert.True((await Exchange(silo)).Bank!.FinalThrough < epoch.End - 1, "The price was not held up.");

        bool told = false, frozen = false;
        await silo.AdvanceUntil(
            async () =>
            {
                EpochFiguresAnswer answer = await silo.Member("m0").GetEpoch(epoch.Number);
                if (answer.Figures is { } figures) Assert.InRange(figures.DecayedUnits, 5, 90);
                frozen = (await silo.Class(Class).GetEpochs()).Any(known => known.Number == epoch.Number && known.IsFrozen);
                if (frozen) Assert.True((await Exchange(silo)).Bank!.FinalThrough >= epoch.End - 1, "It is frozen, and what decays at its end is not known.");
                told = answer.Figures is not null;
                return told && frozen;
            },
            () => $"figures of the member ({told}) and of the class ({frozen})",
            stepMs: 25);
    }

    private static async Task<GridSilo> Start()
    {
        GridSilo silo = await GridSilo.StartAsync(time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)));
        await silo.Found(Class, Metered, 1);
        return silo;
    }

    private static Task<ClassSignal> Exchange(GridSilo silo, long producer = 99) =>
        silo.Class(Class).Exchange(new() { Producer = producer, At = Instant.Now(silo.Time) }).Soon();
}
