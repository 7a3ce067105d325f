using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.Grains.Tests.Silo;

/// <summary>Senders, meters and members on a <see cref="Disk"/>.</summary>
internal sealed class DiskDirectory(Disk disk, Power power) : IMemberDirectory
{
    public Task<string?> FindSenderAsync(string coop, string sender, CancellationToken cancellation) => Find(disk.Senders, (coop, sender));

    public Task<SenderBinding> BindSenderAsync(string coop, string sender, string member, CancellationToken cancellation) =>
        Bind(disk.Senders, (coop, sender), member);

    public Task<bool> UnbindSenderAsync(string coop, string sender, string member, CancellationToken cancellation) =>
        Unbind(disk.Senders, (coop, sender), member);

    public Task<IReadOnlyList<string>> ListSendersAsync(string coop, string member, CancellationToken cancellation) => List(disk.Senders, coop, member);

    public Task<SenderChanges> ReadSenderChangesAsync(long afterVersion, CancellationToken cancellation) =>
        Locked(() => new SenderChanges(afterVersion, true, []));

    public Task<string?> FindMeterAsync(string coop, string meter, CancellationToken cancellation) => Find(disk.Meters, (coop, meter));

    public Task<SenderBinding> RegisterMeterAsync(string coop, string meter, string member, CancellationToken cancellation) =>
        Bind(disk.Meters, (coop, meter), member);

    public Task<bool> UnregisterMeterAsync(string coop, string meter, string member, CancellationToken cancellation) =>
        Unbind(disk.Meters, (coop, meter), member);

    public Task<IReadOnlyList<string>> ListMetersAsync(string coop, string member, CancellationToken cancellation) => List(disk.Meters, coop, member);

    public Task<DirectoryChange?> FindMemberAsync(string coop, string member, CancellationToken cancellation) =>
        Locked<DirectoryChange?>(() => disk.Members.TryGetValue(new(coop, member), out DirectoryChange row) ? row : null);

    public Task<IReadOnlyList<DirectoryChange>> ListMembersAsync(
        string coop, string? @class, string after, int limit, CancellationToken cancellation) => Locked<IReadOnlyList<DirectoryChange>>(() =>
    [
        .. disk.Members.Values
            .Where(row => row.Member.Coop == coop && (@class is null || row.Class == @class))
            .Where(row => string.CompareOrdinal(row.Member.Member, after) > 0)
            .OrderBy(row => row.Member.Member, StringComparer.Ordinal)
            .Take(limit),
    ]);

    public Task<long> CountMembersAsync(string coop, long atUnixMs, CancellationToken cancellation) => Locked(() => (long)disk.Members.Values.Count(
        row => row.Member.Coop == coop && row.EnrolledUnixMs <= atUnixMs
            && (row.Status is MemberStatus.Active or MemberStatus.Suspended || row.LeftUnixMs > atUnixMs)));

    private Task<string?> Find(Dictionary<(string, string), string> table, (string, string) key) => Locked(() => table.GetValueOrDefault(key));

    private Task<SenderBinding> Bind(Dictionary<(string, string), string> table, (string, string) key, string member) => Locked(() =>
    {
        if (table.TryAdd(key, member)) return SenderBinding.Bound;
        return table[key] == member ? SenderBinding.AlreadyBound : SenderBinding.HeldByAnother;
    });

    private Task<bool> Unbind(Dictionary<(string, string), string> table, (string, string) key, string member) =>
        Locked(() => table.GetValueOrDefault(key) == member && table.Remove(key));

    private Task<IReadOnlyList<string>> List(Dictionary<(string Coop, string Name), string> table, string coop, string member) =>
        Locked<IReadOnlyList<string>>(() => [.. table.Where(row => row.Key.Coop == coop && row.Value == member).Select(row => row.Key.Name).Order()]);

    private Task<T> Locked<T>(Func<T> read)
    {
        power.Check();
        lock (disk.Lock) return Task.FromResult(read());
    }
}

/// <summary>Classes' heads, price and slice histories on a <see cref="Disk"/>, and the checkpoints' flush, which has nothing to do.</summary>
internal sealed class DiskHistories(Disk disk, Power power) : IClassHeads, IPriceHistory, ISliceHistory, ICheckpointStore
{
    public Task FlushAsync(CancellationToken cancellation)
    {
        power.Check();
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<ClassId>> ListAsync(CancellationToken cancellation) => Locked<IReadOnlyList<ClassId>>(() => [.. disk.Heads.Keys]);

    public Task FoundAsync(ClassId @class, ClassHead head, CancellationToken cancellation) => Locked(() => disk.Heads.TryAdd(@class, head));

    public Task<ClassHead?> ReadAsync(ClassId @class, CancellationToken cancellation) =>
        Locked<ClassHead?>(() => disk.Heads.TryGetValue(@class, out ClassHead head) ? head : null);

    public Task<ClassHead> RaiseEpochAsync(ClassId @class, CancellationToken cancellation) =>
        Locked(() => disk.Heads[@class] = disk.Heads[@class] with { Epoch = disk.Heads[@class].Epoch + 1 });

    public Task<bool> AppendPricesAsync(ClassId @class, long epoch, IReadOnlyList<PricePeriod> rows, CancellationToken cancellation) => Locked(() =>
    {
        if (disk.Heads[@class].Epoch != epoch) return false;
        Append(disk.Prices, @class, rows, row => row.Period);
        return true;
    });

    public Task<ClosingOutcome> CloseSlicesAsync(ClassId @class, SliceClosing closing, CancellationToken cancellation) => Locked(() =>
    {
        if (disk.Heads[@class].Epoch != closing.Epoch) return ClosingOutcome.Superseded;
        if (disk.Producers[^1].Producer > closing.LastProducer) return ClosingOutcome.ProducerJoined;
        Append(disk.Slices, @class, [.. closing.Rows.Where(row => row.Slice >= disk.Heads[@class].OpenSlice)], row => row.Slice);
        disk.Heads[@class] = disk.Heads[@class] with { OpenSlice = Math.Max(disk.Heads[@class].OpenSlice, closing.OpenSlice) };
        return ClosingOutcome.Closed;
    });

    Task<PricePeriod?> IPriceHistory.LastAsync(ClassId @class, CancellationToken cancellation)
    {
        power.Check();
        IReadOnlyList<PricePeriod> rows = disk.PricesOf(@class);
        return Task.FromResult<PricePeriod?>(rows.Count == 0 ? null : rows[^1]);
    }

    Task<SliceRow?> ISliceHistory.LastAsync(ClassId @class, CancellationToken cancellation)
    {
        power.Check();
        IReadOnlyList<SliceRow> rows = disk.SlicesOf(@class);
        return Task.FromResult<SliceRow?>(rows.Count == 0 ? null : rows[^1]);
    }

    Task<IReadOnlyList<PricePeriod>> IPriceHistory.ReadAsync(ClassId @class, long fromPeriod, int limit, CancellationToken cancellation)
    {
        power.Check();
        return Task.FromResult<IReadOnlyList<PricePeriod>>(
            [.. disk.PricesOf(@class).SkipWhile(row => row.Period + row.Count <= fromPeriod).Take(limit)]);
    }

    Task<IReadOnlyList<SliceRow>> ISliceHistory.ReadAsync(ClassId @class, long fromSlice, int limit, CancellationToken cancellation)
    {
        power.Check();
        return Task.FromResult<IReadOnlyList<SliceRow>>([.. disk.SlicesOf(@class).SkipWhile(row => row.Slice < fromSlice).Take(limit)]);
    }

    private static void Append<T>(Dictionary<ClassId, SortedDictionary<long, T>> tables, ClassId @class, IReadOnlyList<T> rows, Func<T, long> key)
    {
        if (!tables.TryGetValue(@class, out SortedDictionary<long, T>? table)) tables[@class] = table = [];
        foreach (T row in rows) table[key(row)] = row;
    }

    private Task<T> Locked<T>(Func<T> work)
    {
        power.Check();
        lock (disk.Lock) return Task.FromResult(work());
    }
}
