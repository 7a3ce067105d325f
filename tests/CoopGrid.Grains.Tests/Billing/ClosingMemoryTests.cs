using CoopGrid.Domain.Billing.Books;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Grains.Usage;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Billing;

/// <summary>A closing asks every member of its class, and leaves in memory only those who were there without it.</summary>
public sealed class ClosingMemoryTests
{
    private const int Members = 40;
    private const string Class = "homes";

    private static readonly ClassPolicy Short = Ask.Ample with
    {
        Window = new() { SliceMs = 1000, Slices = 4, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 5000 } },
        DedupeWindowMs = 2000,
        Tariff = new() { FixedFee = 1000, Rate = 3 },
    };

    /// <summary>
    /// All members used the epoch, and the silo that closes it has just been started, so nobody is in its memory; one is active while it closes. Seen to fail without the
    /// deactivation in MemberGrain.GetEpoch (all 40 stay), and with everybody let go, used or not (the active one has gone too).
    /// </summary>
    [Fact]
    public async Task Who_came_only_to_be_billed_goes_at_once_and_who_is_active_stays()
    {
        var disk = new Disk();
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56).AddSeconds(1));
        GridSilo silo = await StartAsync(disk, clock);
        await silo.Found(Class, Short, Members);
        await silo.AdvanceUntil(() => clock.GetUtcNow().ToUnixTimeMilliseconds() % 5000 < 1000, "the beginning of an epoch", stepMs: 100);
        for (int i = 0; i < Members; i++) await Admitted(silo, i, "used");
        long slice = disk.Admissions()[^1].Slice;
        long epoch = (await silo.Class(Class).GetEpochs()).Single(known => known.FirstSlice <= slice && slice < known.EndSlice).Number;
        await silo.Service<Checkpointer>().SaveAllAsync(TestContext.Current.CancellationToken);
        await silo.Kill();

        await using GridSilo next = await StartAsync(disk, clock);
        await next.Leased(Class);
        ClaimTable claims = next.Service<ClaimTable>();
        await next.AdvanceUntil(() => claims.Count == 0, "a silo without a member in memory", stepMs: 100);
        await Admitted(next, 0, "active");
        await next.AdvanceUntil(() => BooksOf(disk, epoch)?.End is not null, $"the closing of epoch {epoch}", stepMs: 100);
        Assert.Equal(Members, disk.Billing.Bills.Count(bill => bill.Row.Epoch == epoch));

        await next.AdvanceUntil(() => claims.Count == 1, $"a silo with the active member only; there are {claims.Count}", stepMs: 100);
        Assert.NotNull(claims.OwnerOf(new(GridSilo.Coop, "m0")));
        await Admitted(next, 1, "again");
    }

    private static Task Admitted(GridSilo silo, int member, string key)
    {
        AdmissionAnswer answer = new() { Outcome = Outcome.None };
        return silo.AdvanceUntil(
            async () => (answer = await silo.Member($"m{member}").Admit(Ask.For(key))).Outcome == Outcome.Admitted, () => $"room for m{member}: {answer}", stepMs: 5);
    }

    private static EpochBooks? BooksOf(Disk disk, long epoch)
    {
        lock (disk.Lock) return disk.Billing.Epochs.GetValueOrDefault((GridSilo.ClassOf(Class), epoch))?.ToBooks();
    }

    private static Task<GridSilo> StartAsync(Disk disk, FakeTimeProvider clock) =>
        GridSilo.StartAsync(disk, clock, silo => silo.Services.AddHostedService<ClosingWatch>());
}
