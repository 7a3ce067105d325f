namespace CoopGrid.LoadTest.Schedule;

/// <summary>Puts groups of members, each with a rate of its own, together into one workload.</summary>
/// <remarks>Each group has its own chance, drawn from the seed and its place: changing one group leaves the others as they were.</remarks>
internal sealed class Troupe(string prefix, ArrivalKind kind, long units, string lane, string criticalLane, ulong seed)
{
    /// <summary>The group that uses the critical lane.</summary>
    public const string Critical = "critical";

    private readonly List<string> _members = [];
    private readonly List<string> _groups = [];
    private readonly List<PlannedSend> _sends = [];

    /// <param name="group">The group's name, also part of its members' names.</param>
    /// <param name="count">Its members; each request is by one of them, all equally likely.</param>
    /// <param name="ratePerSecond">Requests per second of the whole group at a time in seconds.</param>
    public void Add(string group, int count, double seconds, Func<double, double> ratePerSecond)
    {
        if (count == 0) return;
        int first = _members.Count;
        byte place = checked((byte)_groups.Count);
        byte laneAt = group == Critical ? (byte)1 : (byte)0;
        _members.AddRange(Workload.Names($"{prefix}{group}-", count));
        _groups.Add(group);
        var chance = new SplitMix(unchecked((seed * 1000003) + (ulong)place));
        foreach (long at in Arrivals.Times(ratePerSecond, seconds, kind, chance))
            _sends.Add(new PlannedSend(at, first + chance.Below(count), place, laneAt, units));
    }

    public Workload Build() => new([.. _members], [.. _groups], [lane, criticalLane], Workload.Ordered(_sends));
}
