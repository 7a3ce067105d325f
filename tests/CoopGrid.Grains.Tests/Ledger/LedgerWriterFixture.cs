using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Ledger;

/// <summary>An open writer over a faulty store, with a clock that only the test moves.</summary>
internal sealed class LedgerWriterFixture : IAsyncDisposable
{
    public static readonly ClassId Homes = new("isle", "homes");

    private LedgerWriterFixture(LedgerOptions options, FakeTimeProvider clock)
    {
        Clock = clock;
        Writer = new(Store, options, Clock, NullLogger<LedgerWriter>.Instance);
    }

    public FaultyStore Store { get; } = new();

    public FakeTimeProvider Clock { get; }

    public LedgerWriter Writer { get; }

    public static async Task<LedgerWriterFixture> Open(LedgerOptions? options = null, FakeTimeProvider? clock = null)
    {
        var fixture = new LedgerWriterFixture(options ?? new(), clock ?? new());
        await fixture.Writer.OpenAsync(new("test", 0), TestContext.Current.CancellationToken);
        return fixture;
    }

    public Commit? Append(byte entry, long units = 1, string member = "ann") =>
        Writer.Append(new("isle", member), [entry], [new(Homes, 5, units, 0)]);

    /// <summary>
    /// Appends an entry whose first attempts go as told, and waits for the first's answer. The attempt is held until that wait has
    /// begun: who asks after a failure waits for the next attempt.
    /// </summary>
    public async Task<(Commit Commit, bool Answer)> AppendAndAsk(params FaultyStore.Fault[] faults)
    {
        Store.Next([FaultyStore.Fault.Block, .. faults]);
        Commit commit = Append(1)!;
        await Store.Blocked();
        Task<bool> answer = commit.Committed().AsTask();
        Store.Release();
        return (commit, await new ValueTask<bool>(answer).Soon());
    }

    /// <summary>Moves the clock until <paramref name="condition"/> holds.</summary>
    public Task AdvanceUntil(Func<bool> condition, string missing) => Eventually.True(
        () =>
        {
            Clock.Advance(TimeSpan.FromMilliseconds(100));
            return condition();
        },
        missing);

    public async ValueTask DisposeAsync()
    {
        Store.Release();
        await Writer.DisposeAsync();
        Store.Dispose();
    }
}
