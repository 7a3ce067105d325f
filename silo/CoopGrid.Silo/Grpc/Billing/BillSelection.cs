using System.Globalization;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Grpc.Core;

namespace CoopGrid.Silo.Grpc;

/// <summary>Which bills a caller wants: all of a co-op, a member's, or an epoch's; page by page.</summary>
internal sealed class BillSelection
{
    private readonly string _coop;
    private readonly string? _member;
    private readonly (ClassId Class, long Number)? _epoch;

    private BillSelection(string coop, string? member, (ClassId Class, long Number)? epoch) => (_coop, _member, _epoch) = (coop, member, epoch);

    /// <param name="member">Empty for all.</param>
    /// <param name="class">Empty for all; else with an epoch.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT: they do not go together.</exception>
    public static BillSelection Of(string coop, string member, string @class, long? epoch)
    {
        if (@class.Length == 0 && epoch is not null) throw Invalid("An epoch is a class's: name the class too.");
        if (@class.Length == 0) return new(coop, member.Length == 0 ? null : member, null);
        if (epoch is not { } number) throw Invalid("A class has many epochs: name one.");
        return member.Length == 0 ? new(coop, null, (new(coop, @class), number)) : throw Invalid("Name a member, or a class and its epoch, not both.");
    }

    /// <summary>The bills that follow.</summary>
    /// <param name="after">Where the page before ended; empty to begin.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT: no page of this selection ended there.</exception>
    public Task<IReadOnlyList<BillRow>> PageAsync(IBillStore store, string after, int limit, CancellationToken cancellation)
    {
        if (_epoch is { } epoch) return store.ListEpochBillsAsync(epoch.Class, epoch.Number, after, limit, cancellation);
        long number = 0;
        if (after.Length > 0 && !long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            throw Invalid("after must be the next of the page before.");
        return store.ListBillsAsync(_coop, _member, number, limit, cancellation);
    }

    /// <summary>Where a page ends.</summary>
    public string EndOf(BillRow last) => _epoch is null ? last.Number.ToString(CultureInfo.InvariantCulture) : last.Member;

    private static RpcException Invalid(string reason) => new(new Status(StatusCode.InvalidArgument, reason));
}
