using CoopGrid.Model;

namespace CoopGrid.Grains.Ledger;

/// <summary>Every control period's price, kept for ever (SPEC.md §6). Written through <see cref="IClassHeads"/>.</summary>
public interface IPriceHistory
{
    /// <summary>The row with the highest period, or null.</summary>
    Task<PricePeriod?> LastAsync(ClassId @class, CancellationToken cancellation);

    /// <summary>Rows in order, from the one whose run holds <paramref name="fromPeriod"/>, or the first after it.</summary>
    Task<IReadOnlyList<PricePeriod>> ReadAsync(ClassId @class, long fromPeriod, int limit, CancellationToken cancellation);
}

/// <summary>A class's closed slices, kept for ever. Written through <see cref="IClassHeads"/>.</summary>
public interface ISliceHistory
{
    /// <summary>The row with the highest slice, or null.</summary>
    Task<SliceRow?> LastAsync(ClassId @class, CancellationToken cancellation);

    /// <summary>Rows in order, from <paramref name="fromSlice"/> on.</summary>
    Task<IReadOnlyList<SliceRow>> ReadAsync(ClassId @class, long fromSlice, int limit, CancellationToken cancellation);
}

/// <summary>A class at the end of a slice.</summary>
/// <param name="Slice">Which slice.</param>
/// <param name="SliceUnits">Units used in this slice.</param>
/// <param name="Usage">S: units used in the window that ends with it.</param>
/// <param name="Members">N: members enrolled.</param>
public readonly record struct SliceRow(long Slice, long SliceUnits, long Usage, long Members);
