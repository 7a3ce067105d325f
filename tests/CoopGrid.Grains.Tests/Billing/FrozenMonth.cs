using CoopGrid.Domain.Billing;
using CoopGrid.Grains.Billing;
using CoopGrid.Model;

namespace CoopGrid.Grains.Tests.Billing;

/// <summary>A class's epoch as its grains would have frozen it: figures of members, and what they add up to.</summary>
internal sealed class FrozenMonth(ClassId @class, long number, TariffPolicy tariff) : IEpochFigures
{
    public const long Slices = 720;

    private const int PolicyVersion = 3;

    public static ClassId Homes { get; } = new("isle", "homes");

    public ClassEpoch Epoch => new(@class, number);

    /// <summary>Members of the class, with or without a part in the epoch.</summary>
    public SortedDictionary<string, MemberFigures> Members { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the class has frozen it.</summary>
    public bool IsFrozen { get; set; } = true;

    public int CommonsPermille { get; init; }

    /// <summary>Called with the members that are asked for.</summary>
    public Action<IReadOnlyList<string>>? Asked { get; set; }

    public ClassFigures Figures => new()
    {
        Epoch = Epoch,
        Usage = Members.Values.Sum(member => member.Units),
        MemberSlices = Members.Values.Sum(member => member.EnrolledSlices),
        Slices = Slices,
        PolicyVersion = PolicyVersion,
        Tariff = tariff,
    };

    public FrozenEpoch Frozen =>
        new(Figures, new(number, Instant.FromUnixMs(number * 1_000_000), Instant.FromUnixMs((number + 1) * 1_000_000)), CommonsPermille);

    /// <summary>An epoch of random members: most were there throughout, some joined or paused, some came after it.</summary>
    public static FrozenMonth Random(int seed, int members, ClassId? @class = null, long number = 500, string prefix = "m")
    {
        var random = new Random(seed);
        var month = new FrozenMonth(@class ?? Homes, number, new() { FixedFee = 25_000_003, Rate = 37, ComfortPermille = 1100 }) { CommonsPermille = 25 };
        for (int i = 0; i < members; i++) month.Members.Add($"{prefix}{i:D7}", Any(random));
        return month;
    }

    public Task<FrozenEpoch?> OfClassAsync(ClassId @class, long epoch, CancellationToken cancellation) =>
        Task.FromResult(IsFrozen && new ClassEpoch(@class, epoch) == Epoch ? Frozen : null);

    public Task<IReadOnlyList<MemberFigures?>> OfMembersAsync(ClassId @class, long epoch, IReadOnlyList<string> members, CancellationToken cancellation)
    {
        Asked?.Invoke(members);
        return Task.FromResult<IReadOnlyList<MemberFigures?>>([.. members.Select(member => Members[member])]);
    }

    public Task BilledAsync(ClassId @class, long epoch, CancellationToken cancellation) => Task.CompletedTask;

    private static MemberFigures Any(Random random) => random.Next(10) switch
    {
        0 => MemberFigures.None,
        1 => new() { EnrolledSlices = random.NextInt64(1, Slices), Units = random.NextInt64(0, 1000) },
        2 => new() { EnrolledSlices = Slices },
        3 => new()
        {
            EnrolledSlices = Slices,
            Units = random.NextInt64(100, 5000),
            Surged = [new(2, 1250, random.NextInt64(1, 50)), new(3, 2225, random.NextInt64(1, 50))],
        },
        _ => new() { EnrolledSlices = Slices, Units = random.NextInt64(0, 2000) },
    };
}
