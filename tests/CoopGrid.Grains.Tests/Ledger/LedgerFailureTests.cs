using CoopGrid.Grains.Ledger;
using Xunit;
using static CoopGrid.Grains.Tests.Ledger.FaultyStore;

namespace CoopGrid.Grains.Tests.Ledger;

/// <summary>L2 and L7: what callers are told while the store fails, hangs, or belongs to somebody else.</summary>
public sealed class LedgerFailureTests
{
    [Fact]
    public async Task A_failed_attempt_is_unknown_and_tried_again_until_it_is_committed()
    {
        await using LedgerWriterFixture f = await LedgerWriterFixture.Open();
        (Commit commit, bool answer) = await f.AppendAndAsk(Fault.Fail, Fault.Fail, Fault.Fail);
        Assert.False(answer);
        // Seen to fail with the stall left out of Append (L7: no store, no decision).
        Assert.True(f.Writer.IsStalled);
        Assert.Null(f.Append(2));
        Assert.Null(f.Writer.AppendMark(new(LedgerWriterFixture.Homes, 1)));

        Task<bool> asksAgain = commit.Committed().AsTask();
        await f.AdvanceUntil(() => f.Store.Attempts >= 2 && asksAgain.IsCompleted, "the answer to who asked again");
        Assert.False(await asksAgain);
        await f.AdvanceUntil(() => commit.IsCommitted, "the retry to be committed");
        Assert.True(await commit.Committed().Soon());
        Assert.Equal(4, f.Store.Attempts);
        Assert.False(f.Writer.IsStalled);
        Assert.True(await f.Append(3)!.Committed().Soon());
        Assert.Equal([1, 3], f.Store.Segments.Select(segment => segment.Entries[0].Bytes.Span[0]));
    }

    [Fact]
    public async Task A_commit_of_unknown_outcome_is_stored_once()
    {
        // Seen to fail with the retry sent at the next position.
        await using LedgerWriterFixture f = await LedgerWriterFixture.Open();
        (Commit commit, bool answer) = await f.AppendAndAsk(Fault.FailAfterCommitting);
        Assert.False(answer);
        await f.AdvanceUntil(() => commit.IsCommitted, "the retry to be committed");
        Assert.True(await f.Append(2)!.Committed().Soon());
        Assert.Equal(2, f.Store.Segments.Count);
    }

    [Fact]
    public async Task The_waiters_of_the_gathering_segment_are_told_too()
    {
        // Seen to fail with Stall failing the attempt of the written segment only.
        await using LedgerWriterFixture f = await LedgerWriterFixture.Open();
        f.Store.Next(Fault.Block);
        f.Append(0);
        await f.Store.Blocked();
        Commit second = f.Append(1)!;
        Task<bool> answer = second.Committed().AsTask();
        f.Store.Next(Fault.Fail);
        f.Store.Release();
        Assert.False(await new ValueTask<bool>(answer).Soon());
        await f.AdvanceUntil(() => second.IsCommitted, "the gathering segment to be committed");
        Assert.True(await second.Committed().Soon());
    }

    [Fact]
    public async Task A_store_that_hangs_is_a_store_that_fails()
    {
        // Seen to fail with the watch left out: the callers waited for as long as the disk did.
        await using LedgerWriterFixture f = await LedgerWriterFixture.Open();
        f.Store.Next(Fault.Block);
        Commit first = f.Append(0)!;
        await f.Store.Blocked();
        Commit second = f.Append(1)!;
        Task<bool> one = first.Committed().AsTask(), two = second.Committed().AsTask();
        f.Clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(f.Writer.IsStalled);
        f.Clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.False(await new ValueTask<bool>(one).Soon());
        Assert.False(await new ValueTask<bool>(two).Soon());
        Assert.True(f.Writer.IsStalled);
        Assert.Null(f.Append(2));

        Task<bool> asksAgain = second.Committed().AsTask();
        f.Clock.Advance(TimeSpan.FromMilliseconds(1000));
        Assert.False(await new ValueTask<bool>(asksAgain).Soon());

        f.Store.Release();
        await Eventually.True(() => second.IsCommitted, "the commits after the store returned");
        Assert.True(first.IsCommitted);
        Assert.False(f.Writer.IsStalled);
        Assert.True(await f.Append(3)!.Committed().Soon());
    }

    [Fact]
    public async Task A_timer_that_fires_early_costs_its_waiters_a_moment_and_not_another_period()
    {
        // Seen to fail with the watch looking again a period later: half of the calls were kept for two seconds.
        await using LedgerWriterFixture f = await LedgerWriterFixture.Open(clock: new EarlyTimers());
        f.Store.Next(Fault.Block);
        Commit commit = f.Append(0)!;
        await f.Store.Blocked();
        Task<bool> answer = commit.Committed().AsTask();
        f.Clock.Advance(TimeSpan.FromMilliseconds(999.5));
        Assert.False(f.Writer.IsStalled);
        f.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(f.Writer.IsStalled);
        Assert.False(await new ValueTask<bool>(answer).Soon());
    }

    [Fact]
    public async Task Who_asks_again_between_attempts_is_not_kept_until_the_next_one_has_failed()
    {
        // Seen to fail with attempts watched only: the answer came after the pause and another second.
        await using LedgerWriterFixture f = await LedgerWriterFixture.Open(new() { FirstRetryMs = 10_000, LongestRetryMs = 10_000 });
        (Commit commit, bool answer) = await f.AppendAndAsk(Fault.Fail);
        Assert.False(answer);
        Task<bool> asksAgain = commit.Committed().AsTask();
        f.Clock.Advance(TimeSpan.FromMilliseconds(1000));
        Assert.False(await new ValueTask<bool>(asksAgain).Soon());
        Assert.Equal(1, f.Store.Attempts);
    }

    [Fact]
    public async Task Sealed_is_final()
    {
        // Seen to fail with Seal not abandoning the commits: their waiters never returned.
        await using LedgerWriterFixture f = await LedgerWriterFixture.Open();
        Commit early = f.Append(0)!;
        Assert.True(await early.Committed().Soon());
        f.Store.Next(Fault.Block, Fault.None, Fault.Seal);
        Commit first = f.Append(1)!;
        await f.Store.Blocked();
        Commit second = f.Append(2)!;
        Commit third = f.Append(3)!;
        Assert.False(f.Writer.Sealed.IsCompleted);
        f.Store.Release();

        Assert.True(await first.Committed().Soon());
        Assert.False(await second.Committed().Soon());
        Assert.False(await third.Committed().Soon());
        await f.Writer.Sealed.Soon();
        Assert.Null(f.Append(4));
        Assert.False(await second.Committed().Soon());
        Assert.True(await early.Committed().Soon());
        Assert.Equal(2, f.Store.Segments.Count);
    }

    [Fact]
    public async Task A_seal_found_by_a_retry_answers_nothing_true()
    {
        await using LedgerWriterFixture f = await LedgerWriterFixture.Open();
        (Commit commit, bool answer) = await f.AppendAndAsk(Fault.FailAfterCommitting, Fault.Seal);
        Assert.False(answer);
        await f.AdvanceUntil(() => f.Writer.Sealed.IsCompleted, "the seal");
        Assert.False(await commit.Committed().Soon());
        Assert.False(commit.IsCommitted);
    }

    [Fact]
    public async Task Closing_does_not_wait_for_a_store_that_fails()
    {
        await using LedgerWriterFixture f = await LedgerWriterFixture.Open();
        (Commit commit, bool answer) = await f.AppendAndAsk([.. Enumerable.Repeat(Fault.Fail, 1000)]);
        Assert.False(answer);
        await f.Writer.DisposeAsync().AsTask().Soon();
        Assert.False(await commit.Committed().Soon());
        Assert.False(f.Writer.Sealed.IsCompleted);
    }
}
