using System.Globalization;
using CoopGrid.Domain.Billing;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.StoreBenchmarks;

/// <summary>Frozen figures that are computed from a member's number, so that a million of them take no memory: one in four was surged in two groups.</summary>
internal sealed class GeneratedEpoch(int members) : IEpochFigures
{
    private const long Slices = 744;

    public static ClassId Class { get; } = new("isle", "homes");

    public static long Number => 676;

    public static string NameOf(int member) => string.Create(CultureInfo.InvariantCulture, $"m{member:D7}");

    public Task<FrozenEpoch?> OfClassAsync(ClassId @class, long epoch, CancellationToken cancellation)
    {
        long usage = 0, slices = 0;
        for (int i = 0; i < members; i++)
        {
            MemberFigures figures = FiguresOf(i);
            (usage, slices) = (usage + figures.Units, slices + figures.EnrolledSlices);
        }

        var frozen = new ClassFigures
        {
            Epoch = new(@class, epoch),
            Usage = usage,
            MemberSlices = slices,
            Slices = Slices,
            PolicyVersion = 3,
            Tariff = new() { FixedFee = 25_000_000, Rate = 500 },
        };
        return Task.FromResult<FrozenEpoch?>(new(frozen, new(epoch, Instant.FromUnixMs(1_777_593_600_000), Instant.FromUnixMs(1_780_272_000_000)), 25));
    }

    public Task<IReadOnlyList<MemberFigures?>> OfMembersAsync(ClassId @class, long epoch, IReadOnlyList<string> members, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<MemberFigures?>>([.. members.Select(member => FiguresOf(int.Parse(member.AsSpan(1), CultureInfo.InvariantCulture)))]);

    public Task BilledAsync(ClassId @class, long epoch, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>The directory's rows, as segments bring them in.</summary>
    public IEnumerable<DirectoryChange[]> Directory() => Enumerable.Range(0, members)
        .Select(i => new DirectoryChange(new(Class.Coop, NameOf(i)), Class.Class, MemberStatus.Active, 0))
        .Chunk(10_000);

    private static MemberFigures FiguresOf(int member)
    {
        long units = (long)member * 7919 % 1000;
        return new()
        {
            Units = units,
            EnrolledSlices = member % 50 == 0 ? 1 + (member % Slices) : Slices,
            Surged = member % 4 == 0 && units > 10 ? [new(3, 1250, units / 10), new(3, 1750, units / 20 + 1)] : [],
        };
    }
}
