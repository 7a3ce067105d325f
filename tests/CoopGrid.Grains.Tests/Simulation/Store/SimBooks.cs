using CoopGrid.Grains.Ledger;

namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>A store without books: nobody proposes, bids or declares anything in a simulation.</summary>
internal sealed class SimBooks : IEntryBooks
{
    public static SimBooks None { get; } = new();

    public Task<bool> AppendAsync(BookId book, long after, IReadOnlyList<byte[]> entries, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IReadOnlyList<byte[]>> ReadAsync(BookId book, long after, int limit, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<byte[]>>([]);

    public Task<IReadOnlyList<string>> ListAsync(string coop, string kind, string after, int limit, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<string>>([]);
}
