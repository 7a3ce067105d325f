using CoopGrid.Model;

namespace CoopGrid.Domain.Admission;

/// <summary>
/// The fingerprint by which two uses of one key are told apart: FNV-1a, 64 bits, over lane, units or dimensions, and ticket
/// (SPEC.md §4). It is stored: never change it.
/// </summary>
public static class Payload
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    public static ulong Of(AdmissionRequest request)
    {
        ulong hash = Add(Offset, request.Lane);
        hash = Add(hash, request.Units);
        foreach (DimensionQuantity dimension in request.Dimensions) hash = Add(Add(hash, dimension.Dimension), dimension.Quantity);
        return Add(hash, request.Ticket);
    }

    public static ulong Of(UsageReport report)
    {
        ulong hash = Add(Offset, report.Sequence);
        foreach (SliceUsage slice in report.Slices) hash = Add(Add(hash, slice.Slice), slice.Units);
        return hash;
    }

    private static ulong Add(ulong hash, string text)
    {
        foreach (char c in text) hash = Mix(hash, c);
        return Mix(hash, 0xFFFF);
    }

    private static ulong Add(ulong hash, long value)
    {
        // A report may name any slice, also one before 1970.
        ulong bits = unchecked((ulong)value);
        hash = Mix(hash, (uint)(bits & 0xFFFFFFFF));
        return Mix(hash, (uint)(bits >> 32));
    }

    private static ulong Mix(ulong hash, uint part) => unchecked((hash ^ part) * Prime);
}
