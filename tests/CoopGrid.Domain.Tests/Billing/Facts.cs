using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Tests.Billing;

/// <summary>Entries and figures with only what a bill looks at.</summary>
internal static class Facts
{
    public static ClassId Homes { get; } = new("valley", "homes");

    public static MemberId Member(string name) => new(Homes.Coop, name);

    public static Admitted Admitted(long slice, Covered covered, int multiplier = 1000, int version = 1) =>
        new(1, default, slice, version, "key", 0, "standard", multiplier, covered, 0, 0, 0, "relay");

    /// <param name="returned">In all, so far.</param>
    public static Cancelled Cancelled(Admitted admitted, long slice, long before, long returned) =>
        new(2, default, slice, admitted.PolicyVersion, admitted.Key, admitted.Slice, returned - before, returned);

    public static UsageReported Reported(int version, params ReportedSlice[] slices) => new(1, default, slices[^1].Slice + 1, version, "meter", 1, 0, [.. slices]);

    public static ClassFigures Figures(long usage, long memberSlices, long slices, TariffPolicy tariff, long epoch = 7) => new()
    {
        Epoch = new(Homes, epoch),
        Usage = usage,
        MemberSlices = memberSlices,
        Slices = slices,
        PolicyVersion = 1,
        Tariff = tariff,
    };

    public static MemberFigures Used(long units, long slices, params SurgedUnits[] surged) =>
        new() { Units = units, EnrolledSlices = slices, Surged = [.. surged] };
}
