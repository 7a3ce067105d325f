using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing;

/// <summary>One epoch of one class as slices: half-open, <c>[First, End)</c>. One object serves all members of the class.</summary>
/// <param name="Number">As in <see cref="EpochSpan.Number"/>.</param>
/// <param name="First">Its first slice.</param>
/// <param name="End">The first slice of the next epoch, above <paramref name="First"/>.</param>
public sealed record EpochSlices(long Number, long First, long End)
{
    /// <summary>The epoch's slices: its edges are slice edges (SPEC.md §3).</summary>
    public static EpochSlices Of(EpochSpan span, WindowPolicy window) => new(span.Number, window.SliceAt(span.Start), window.SliceAt(span.End));

    /// <summary>n.</summary>
    public long Count => End - First;

    public bool Holds(long slice) => slice >= First && slice < End;
}

/// <summary>The epoch that a figure, a line or a bill belongs to. <c>default</c> names no class.</summary>
/// <param name="Class">The customer class.</param>
/// <param name="Number">As in <see cref="EpochSpan.Number"/>.</param>
public readonly record struct ClassEpoch(ClassId Class, long Number)
{
    public override string ToString() => $"{Class}#{Number}";
}
