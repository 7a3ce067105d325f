using System.Text;
using CoopGrid.Grains.Ledger;
using Xunit;

namespace CoopGrid.Silo.Tests.Ledger;

/// <summary>What <see cref="IEntryBooks"/> promises, for every adapter.</summary>
public abstract class BookConformance<TStores> : IDisposable
    where TStores : StoresUnderTest, new()
{
    private static readonly BookId Book = new("isle", "proposal", "p1");
    private readonly TStores _stores = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IEntryBooks Books => _stores.Books;

    [Fact]
    public async Task Entries_come_back_in_their_order_also_after_the_store_is_opened_anew()
    {
        Assert.Equal("", await Read());
        Assert.True(await Append(0, "a", "b"));
        Assert.True(await Append(2, "c"));
        Assert.Equal("a b c", await Read());
        _stores.Reopen();
        Assert.Equal("a b c", await Read());
        Assert.Equal("b c", await Read(after: 1));
        Assert.Equal("b", await Read(after: 1, limit: 1));
        Assert.Equal("", await Read(after: 3));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Only_the_next_number_is_stored(long after)
    {
        // Seen to fail, for either store, without the comparison with the last number: 3 leaves a gap.
        await Append(0, "a", "b");
        Assert.False(await Append(after, "x", "y", "z"));
        Assert.Equal("a b", await Read());
        Assert.True(await Append(2, "c"));
    }

    [Fact]
    public async Task A_book_without_entries_begins_with_the_first()
    {
        Assert.False(await Append(1, "b"));
        Assert.Empty(await List());
        Assert.True(await Append(0, "a"));
    }

    [Fact]
    public async Task Of_many_writers_one_is_first_and_the_others_write_nothing()
    {
        for (int round = 0; round < 10; round++)
        {
            bool[] stored = await Task.WhenAll(Enumerable.Range(0, 20).Select(writer => Append(2 * round, $"{writer}", $"{writer}")));
            Assert.Single(stored, true);
        }

        string[] written = (await Read()).Split(' ');
        Assert.Equal(20, written.Length);
        Assert.All(written.Chunk(2), pair => Assert.Equal(pair[0], pair[1]));
    }

    [Fact]
    public async Task Books_are_apart_and_listed_by_coop_and_kind_in_byte_order()
    {
        foreach (string subject in new[] { "b", "B", "é", "a" }) Assert.True(await Append(Book with { Subject = subject }, 0, "1", "2"));
        Assert.True(await Append(Book with { Kind = "slot", Subject = "c" }, 0, "slot"));
        Assert.True(await Append(Book with { Coop = "cove", Subject = "d" }, 0, "cove"));
        Assert.Equal(["B", "a", "b", "é"], await List());
        Assert.Equal(["a", "b"], await List(after: "B", limit: 2));
        Assert.Equal(["c"], await List(kind: "slot"));
        Assert.Equal("1 2", await Read(Book with { Subject = "a" }));
    }

    [Fact]
    public async Task An_append_of_nothing_is_refused() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Books.AppendAsync(Book, 0, [], Cancellation));

    public void Dispose()
    {
        _stores.Dispose();
        GC.SuppressFinalize(this);
    }

    private Task<bool> Append(long after, params string[] entries) => Append(Book, after, entries);

    private Task<bool> Append(BookId book, long after, params string[] entries) =>
        Books.AppendAsync(book, after, [.. entries.Select(Encoding.UTF8.GetBytes)], Cancellation);

    private Task<string> Read(long after = 0, int limit = 1000) => Read(Book, after, limit);

    private async Task<string> Read(BookId book, long after = 0, int limit = 1000) =>
        string.Join(' ', (await Books.ReadAsync(book, after, limit, Cancellation)).Select(Encoding.UTF8.GetString));

    private Task<IReadOnlyList<string>> List(string kind = "proposal", string after = "", int limit = 1000) =>
        Books.ListAsync("isle", kind, after, limit, Cancellation);
}
