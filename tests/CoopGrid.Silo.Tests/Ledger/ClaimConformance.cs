using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Xunit;
using static CoopGrid.Silo.Tests.Ledger.StoresUnderTest;

namespace CoopGrid.Silo.Tests.Ledger;

/// <summary>What <see cref="IClaimStore"/> promises, for every adapter that many silos share (L4).</summary>
public abstract class ClaimConformance<TStores> : IAsyncLifetime
    where TStores : StoresUnderTest, new()
{
    private static readonly MemberId Ann = new("isle", "ann");
    private static readonly MemberId Bob = new("isle", "bob");
    private static readonly MemberId Cat = new("isle", "cat");
    private readonly TStores _stores = new();
    private long _first;
    private long _second;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IClaimStore Claims => _stores.Claims;

    public async ValueTask InitializeAsync()
    {
        _first = (await _stores.Ledger.OpenProducerAsync(SiloAt("a"), Cancellation)).Producer;
        _second = (await _stores.Ledger.OpenProducerAsync(SiloAt("b"), Cancellation)).Producer;
    }

    [Fact]
    public async Task Nobody_holds_a_claim_at_first()
    {
        Assert.Equal([new(Ann, 0, 0), new(Bob, 0, 0)], await Claims.ReadAsync([Ann, Bob], Cancellation));
        Assert.Empty(await Claims.ReadAsync([], Cancellation));
        Assert.Empty(await Claims.TakeAsync(_first, [], Cancellation));
    }

    [Fact]
    public async Task A_claim_of_an_open_producer_is_wanted_not_taken()
    {
        // Seen to fail, for PostgreSQL, with the holder's state not looked at.
        Assert.Equal([new(Bob, 1, _first), new(Ann, 1, _first)], await Claims.TakeAsync(_first, [Bob, Ann], Cancellation));
        Assert.Equal([new(Ann, 1, _first), new(Cat, 1, _second), new(Ann, 1, _first)], await Claims.TakeAsync(_second, [Ann, Cat, Ann], Cancellation));
        Assert.Equal([new(Ann, 1, _first)], await Wanted(_first));
        Assert.Empty(await Wanted(_second));
        Assert.Equal([new(Ann, 1, _first), new(Bob, 1, _first), new(Cat, 1, _second)], await Claims.ReadAsync([Ann, Bob, Cat], Cancellation));
    }

    [Fact]
    public async Task Every_taking_raises_the_number_so_that_a_late_release_frees_nothing()
    {
        // Seen to fail, for PostgreSQL, with the number left out of the release's condition.
        ClaimRow early = Assert.Single(await Claims.TakeAsync(_first, [Ann], Cancellation));
        ClaimRow again = Assert.Single(await Claims.TakeAsync(_first, [Ann], Cancellation));
        Assert.Equal(new(Ann, 2, _first), again);
        await Claims.ReleaseAsync([early], Cancellation);
        Assert.Equal([again], await Claims.ReadAsync([Ann], Cancellation));

        await Claims.ReleaseAsync([again with { Producer = _second }], Cancellation);
        Assert.Equal([again], await Claims.ReadAsync([Ann], Cancellation));
        await Claims.ReleaseAsync([again, new(Bob, 7, _first)], Cancellation);
        Assert.Equal([new(Ann, 3, 0), new(Bob, 0, 0)], await Claims.ReadAsync([Ann, Bob], Cancellation));
        Assert.Equal([new(Ann, 4, _second)], await Claims.TakeAsync(_second, [Ann], Cancellation));
    }

    [Fact]
    public async Task A_taking_and_a_release_wipe_off_the_want()
    {
        await Claims.TakeAsync(_first, [Ann, Bob], Cancellation);
        await Claims.TakeAsync(_second, [Ann, Bob], Cancellation);
        Assert.Equal(2, (await Wanted(_first)).Count);
        await Claims.ReleaseAsync(await Claims.ReadAsync([Ann], Cancellation), Cancellation);
        Assert.Equal(Bob, Assert.Single(await Wanted(_first)).Member);
        await Claims.TakeAsync(_first, [Bob], Cancellation);
        Assert.Empty(await Wanted(_first));
    }

    [Fact]
    public async Task A_sealed_producers_claims_are_anybodys_and_it_takes_nothing_more()
    {
        // Seen to fail, for PostgreSQL, with the taker's state not looked at, and with the holder's not looked at.
        await Claims.TakeAsync(_first, [Ann, Bob], Cancellation);
        await Claims.TakeAsync(_second, [Ann], Cancellation);
        await _stores.Ledger.SealAsync(_first, Cancellation);
        Assert.Equal([new(Ann, 2, _second)], await Claims.TakeAsync(_second, [Ann], Cancellation));
        Assert.Equal([new(Cat, 0, 0)], await Claims.TakeAsync(_first, [Cat], Cancellation));
        Assert.Equal([new(Ann, 2, _second)], await Claims.TakeAsync(_first, [Ann], Cancellation));
        await _stores.Ledger.MarkDrainedAsync(_first, Cancellation);
        Assert.Equal([new(Bob, 2, _second)], await Claims.TakeAsync(_second, [Bob], Cancellation));
        Assert.Empty(await Wanted(_second));
    }

    [Fact]
    public async Task Of_many_who_take_at_once_each_claim_goes_to_one()
    {
        // In opposite orders: seen to fail with a deadlock, for PostgreSQL, without the order of names.
        MemberId[] members = [.. Enumerable.Range(0, 200).Select(i => new MemberId("isle", $"m{i}"))];
        IReadOnlyList<ClaimRow>[] all = await Task.WhenAll(Enumerable.Range(0, 40).Select(i =>
            Claims.TakeAsync(i % 2 == 0 ? _first : _second, i % 4 < 2 ? members : [.. members.Reverse()], Cancellation)));
        IReadOnlyList<ClaimRow> now = await Claims.ReadAsync(members, Cancellation);
        foreach (ClaimRow row in now)
        {
            Assert.InRange(row.Producer, _first, _second);
            Assert.All(all, rows => Assert.Equal(row.Producer, rows.Single(given => given.Member == row.Member).Producer));
        }

        await Task.WhenAll(Claims.ReleaseAsync(now, Cancellation), Claims.ReleaseAsync([.. now.Reverse()], Cancellation), Claims.TakeAsync(_first, members, Cancellation));
        Assert.All(await Claims.ReadAsync(members, Cancellation), row => Assert.True(row.Number > 20));
    }

    [Fact]
    public async Task Who_waits_for_wants_learns_of_one_at_once()
    {
        // The clock stands still, so only the store itself can end the wait.
        await Claims.TakeAsync(_first, [Ann], Cancellation);
        Task<IReadOnlyList<ClaimRow>> waiting = Claims.WantedAsync(_first, 10, TimeSpan.FromHours(1), Cancellation);
        await _stores.UntilListening();
        Assert.False(waiting.IsCompleted);
        await Claims.TakeAsync(_second, [Ann], Cancellation);
        Assert.Equal([new(Ann, 1, _first)], await waiting.WaitAsync(TimeSpan.FromSeconds(20), Cancellation));
    }

    [Fact]
    public async Task A_wait_for_wants_ends()
    {
        Task<IReadOnlyList<ClaimRow>> waiting = Claims.WantedAsync(_first, 10, TimeSpan.FromSeconds(1), Cancellation);
        while (!waiting.IsCompleted)
        {
            _stores.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Empty(await waiting);
        using var given = new CancellationTokenSource();
        Task<IReadOnlyList<ClaimRow>> cancelled = Claims.WantedAsync(_first, 10, TimeSpan.FromHours(1), given.Token);
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
    }

    public ValueTask DisposeAsync()
    {
        _stores.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private Task<IReadOnlyList<ClaimRow>> Wanted(long holder) => Claims.WantedAsync(holder, 10, TimeSpan.Zero, Cancellation);
}
