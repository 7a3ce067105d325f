using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Usage;

namespace CoopGrid.Benchmarks.Division;

/// <summary>
/// The members: where each is served, what each has used, and who asks next. Most are asked for by a heavy-tailed choice (place k has weight
/// 1/(k+1)); the rest of the demand is of members of a few hot silos, a few of them most of all.
/// </summary>
internal sealed class Crowd
{
    private const int UsedBefore = 100_000_000;

    private readonly Random _random;
    private readonly DivisionSettings _settings;
    private readonly long[] _used;
    private readonly double[] _upTo;
    private readonly int _stride;
    private long _usedByAll;

    public Crowd(DivisionSettings settings, Random random)
    {
        (_settings, _random) = (settings, random);
        _used = new long[settings.Members];
        SiloOf = new int[settings.Members];
        _upTo = new double[settings.Members];
        _stride = Coprime(settings.Members);
        double sum = 0;
        for (int place = 0; place < _upTo.Length; place++) _upTo[place] = sum += 1.0 / (place + 1);
        for (int place = 0; place < _upTo.Length; place++) Use(MemberAt(place), (long)(UsedBefore / ((place + 1) * sum)));
    }

    /// <summary>The silo that serves each member.</summary>
    public int[] SiloOf { get; }

    /// <summary>Who asks next, of everybody.</summary>
    public int Next()
    {
        int place = Array.BinarySearch(_upTo, _random.NextDouble() * _upTo[^1]);
        return MemberAt(Math.Min(place < 0 ? ~place : place, _upTo.Length - 1));
    }

    /// <summary>Who asks next, of a hot silo's members.</summary>
    public int Next(List<int> members)
    {
        double point = _random.NextDouble();
        return members[(int)(members.Count * point * point * point)];
    }

    /// <summary>A request of a member: of every 20 one is critical and two are bulk.</summary>
    public RoomRequest Request(int member, CapacityPlan plan)
    {
        int lane = _random.Next(20) switch { 0 => 0, 1 or 2 => 2, _ => 1 };
        int band = plan.BandFor(lane, Standing.BandOf(_used[member], new Mean(_usedByAll, _settings.Members), 0));
        return new(lane, band, _random.Next(1, _settings.LargestRequest + 1));
    }

    public void Use(int member, long units)
    {
        _used[member] += units;
        _usedByAll += units;
    }

    // Heavy members are anywhere.
    private int MemberAt(int place) => (int)((long)place * _stride % _used.Length);

    private static int Coprime(int count)
    {
        int stride = (int)(count * 0.618) | 1;
        while (Gcd(stride, count) != 1) stride += 2;
        return stride;
    }

    private static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
}
