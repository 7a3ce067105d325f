using CoopGrid.Grains.Ledger;
using Microsoft.Extensions.DependencyInjection;

namespace CoopGrid.Grains.Tests.Market;

/// <summary>What becomes of an append.</summary>
internal enum Fate
{
    Stored = 0,

    /// <summary>Nothing is written, and the writer hears of a failure.</summary>
    Lost = 1,

    /// <summary>It is written, and the writer hears of a failure: the crash between append and answer.</summary>
    StoredUnheard = 2,
}

/// <summary>Books whose appends have the fate that a test gives them.</summary>
internal sealed class TroubledBooks(IEntryBooks books) : IEntryBooks
{
    private int _appends;

    /// <summary>The fate of the appends to come.</summary>
    public Func<Fate> Next { get; set; } = () => Fate.Stored;

    /// <summary>Appends hang until it is done.</summary>
    public Task Open { get; set; } = Task.CompletedTask;

    /// <summary>The books themselves.</summary>
    public IEntryBooks Untroubled => books;

    /// <summary>Appends so far.</summary>
    public int Appends => Volatile.Read(ref _appends);

    /// <summary>Puts itself before the silo's books.</summary>
    public static void PutBefore(ISiloBuilder silo)
    {
        var inner = (IEntryBooks)silo.Services.Last(service => service.ServiceType == typeof(IEntryBooks)).ImplementationInstance!;
        var troubled = new TroubledBooks(inner);
        silo.Services.AddSingleton(troubled);
        silo.Services.AddSingleton<IEntryBooks>(troubled);
    }

    public async Task<bool> AppendAsync(BookId book, long after, IReadOnlyList<byte[]> entries, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _appends);
        await Open;
        Fate fate = Next();
        if (fate == Fate.Lost) throw new IOException("The store could not be reached.");
        bool stored = await books.AppendAsync(book, after, entries, cancellation);
        return fate == Fate.Stored ? stored : throw new IOException("The store's answer was lost.");
    }

    public Task<IReadOnlyList<byte[]>> ReadAsync(BookId book, long after, int limit, CancellationToken cancellation) =>
        books.ReadAsync(book, after, limit, cancellation);

    public Task<IReadOnlyList<string>> ListAsync(string coop, string kind, string after, int limit, CancellationToken cancellation) =>
        books.ListAsync(coop, kind, after, limit, cancellation);
}
