using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Xunit;
using static CoopGrid.Silo.Tests.Ledger.StoresUnderTest;

namespace CoopGrid.Silo.Tests.Ledger;

/// <summary>What <see cref="IMemberDirectory"/> promises, for every adapter.</summary>
public abstract class DirectoryConformance<TStores> : IDisposable
    where TStores : StoresUnderTest, new()
{
    private readonly TStores _stores = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IMemberDirectory Directory => _stores.Directory;

    [Fact]
    public async Task A_sender_is_bound_to_one_member_only()
    {
        Assert.Null(await Directory.FindSenderAsync("isle", "0xA", Cancellation));
        Assert.Equal(SenderBinding.Bound, await Directory.BindSenderAsync("isle", "0xA", "ann", Cancellation));
        Assert.Equal(SenderBinding.AlreadyBound, await Directory.BindSenderAsync("isle", "0xA", "ann", Cancellation));
        // Seen to fail with an upsert in place of the insert.
        Assert.Equal(SenderBinding.HeldByAnother, await Directory.BindSenderAsync("isle", "0xA", "bob", Cancellation));
        Assert.Equal("ann", await Directory.FindSenderAsync("isle", "0xA", Cancellation));
        Assert.Null(await Directory.FindSenderAsync("port", "0xA", Cancellation));
        Assert.Null(await Directory.FindSenderAsync("isle", "0xa", Cancellation));
    }

    [Fact]
    public async Task Of_many_who_want_a_sender_at_once_one_gets_it()
    {
        SenderBinding[] all = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(i => Directory.BindSenderAsync("isle", "0xA", $"m{i}", Cancellation)));
        Assert.Single(all, SenderBinding.Bound);
        Assert.Equal(49, all.Count(binding => binding == SenderBinding.HeldByAnother));
    }

    [Fact]
    public async Task Only_its_member_lets_a_sender_go()
    {
        await Directory.BindSenderAsync("isle", "0xA", "ann", Cancellation);
        Assert.False(await Directory.UnbindSenderAsync("isle", "0xA", "bob", Cancellation));
        Assert.True(await Directory.UnbindSenderAsync("isle", "0xA", "ann", Cancellation));
        Assert.False(await Directory.UnbindSenderAsync("isle", "0xA", "ann", Cancellation));
        Assert.Equal(SenderBinding.Bound, await Directory.BindSenderAsync("isle", "0xA", "bob", Cancellation));
    }

    [Fact]
    public async Task A_members_senders_are_listed_by_name()
    {
        foreach (string sender in new[] { "b", "é", "a" }) await Directory.BindSenderAsync("isle", sender, "ann", Cancellation);
        await Directory.BindSenderAsync("isle", "c", "bob", Cancellation);
        Assert.Equal(["a", "b", "é"], await Directory.ListSendersAsync("isle", "ann", Cancellation));
        Assert.Empty(await Directory.ListSendersAsync("isle", "zoe", Cancellation));
    }

    [Fact]
    public async Task A_meter_reports_for_one_member_only()
    {
        Assert.Equal(SenderBinding.Bound, await Directory.RegisterMeterAsync("isle", "m1", "ann", Cancellation));
        Assert.Equal(SenderBinding.AlreadyBound, await Directory.RegisterMeterAsync("isle", "m1", "ann", Cancellation));
        Assert.Equal(SenderBinding.HeldByAnother, await Directory.RegisterMeterAsync("isle", "m1", "bob", Cancellation));
        Assert.Equal("ann", await Directory.FindMeterAsync("isle", "m1", Cancellation));
        Assert.Null(await Directory.FindSenderAsync("isle", "m1", Cancellation));
        Assert.Equal(["m1"], await Directory.ListMetersAsync("isle", "ann", Cancellation));
        Assert.False(await Directory.UnregisterMeterAsync("isle", "m1", "bob", Cancellation));
        Assert.True(await Directory.UnregisterMeterAsync("isle", "m1", "ann", Cancellation));
        Assert.Null(await Directory.FindMeterAsync("isle", "m1", Cancellation));
    }

    [Fact]
    public async Task Members_are_listed_in_pages_of_all_classes_or_one()
    {
        long producer = (await _stores.Ledger.OpenProducerAsync(SiloAt("a"), Cancellation)).Producer;
        _stores.Ledger.Commit(Segment(
            producer, 1, 1, Member("dan"), Member("ann"), Member("Zoe", "shops"), Member("bob", "shops"), Member("cat")));
        Assert.Equal(["Zoe", "ann", "bob"], await Names(null, "", 3));
        Assert.Equal(["cat", "dan"], await Names(null, "bob", 3));
        Assert.Equal(["ann", "cat"], await Names("homes", "", 2));
        Assert.Equal(["dan"], await Names("homes", "cat", 2));
        Assert.Empty(await Directory.ListMembersAsync("port", null, "", 10, Cancellation));
        Assert.Equal(Member("bob", "shops"), await Directory.FindMemberAsync("isle", "bob", Cancellation));
    }

    /// <summary>Seen to fail without the status, without the moment, and with the moment itself left out.</summary>
    [Fact]
    public async Task Members_at_a_moment_are_counted()
    {
        long producer = (await _stores.Ledger.OpenProducerAsync(SiloAt("a"), Cancellation)).Producer;
        _stores.Ledger.Commit(Segment(
            producer,
            1,
            1,
            Member("ann"),
            Member("bob", "shops", MemberStatus.Suspended),
            Member("cyd", status: MemberStatus.Exited),
            Member("dan") with { EnrolledUnixMs = 124 }));
        Assert.Equal(0, await Directory.CountMembersAsync("isle", 122, Cancellation));
        Assert.Equal(2, await Directory.CountMembersAsync("isle", 123, Cancellation));
        Assert.Equal(3, await Directory.CountMembersAsync("isle", 124, Cancellation));
        Assert.Equal(0, await Directory.CountMembersAsync("port", 124, Cancellation));
    }

    /// <summary>Seen to fail with the moment of leaving not written, not counted by, and counted as one at which it was still there.</summary>
    [Fact]
    public async Task Who_left_after_a_moment_was_a_member_at_it()
    {
        long producer = (await _stores.Ledger.OpenProducerAsync(SiloAt("a"), Cancellation)).Producer;
        DirectoryChange left = Member("bob", status: MemberStatus.Exited) with { LeftUnixMs = 200 };
        _stores.Ledger.Commit(Segment(producer, 1, 1, Member("ann"), Member("bob"), Member("cyd") with { EnrolledUnixMs = 199 }));
        _stores.Ledger.Commit(Segment(producer, 2, 2, left));
        Assert.Equal(left, await Directory.FindMemberAsync("isle", "bob", Cancellation));
        Assert.Equal(0, await Directory.CountMembersAsync("isle", 122, Cancellation));
        Assert.Equal(2, await Directory.CountMembersAsync("isle", 198, Cancellation));
        Assert.Equal(3, await Directory.CountMembersAsync("isle", 199, Cancellation));
        Assert.Equal(2, await Directory.CountMembersAsync("isle", 200, Cancellation));
    }

    public void Dispose()
    {
        _stores.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task<IEnumerable<string>> Names(string? @class, string after, int limit) =>
        (await Directory.ListMembersAsync("isle", @class, after, limit, Cancellation)).Select(row => row.Member.Member);
}
