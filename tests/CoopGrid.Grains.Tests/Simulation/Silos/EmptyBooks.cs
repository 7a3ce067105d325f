using CoopGrid.Grains.Ledger;

namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>No books: the simulation's class gives no tickets.</summary>
internal sealed class EmptyBooks : IEntryBooks
{
    public Task<bool> AppendAsync(BookId book, long after, IReadOnlyList<byte[]> entries, CancellationToken cancellation) => Task.FromResult(false);

    public Task<IReadOnlyList<byte[]>> ReadAsync(BookId book, long after, int limit, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<byte[]>>([]);

    public Task<IReadOnlyList<string>> ListAsync(string coop, string kind, string after, int limit, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<string>>([]);
}
