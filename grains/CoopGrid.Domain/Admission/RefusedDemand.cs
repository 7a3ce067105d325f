namespace CoopGrid.Domain.Admission;

/// <summary>
/// Which of a member's refusals count as demand (SPEC.md §6), so that retries cannot lift the price:
/// 1. a key counts once per control period, whether it was refused or admitted;
/// 2. a member's refused units count at most its rate quota × period;
/// 3. at most 1,024 refused keys of a member are told apart in a period; further ones do not count.
/// </summary>
public sealed class RefusedDemand
{
    /// <summary>The most refused keys that are told apart.</summary>
    public const int MaxKeys = 1024;

    private HashSet<string>? _keys;
    private long _period;
    private long _units;

    /// <summary>Notes a refusal for capacity or price.</summary>
    /// <param name="period">The running control period.</param>
    /// <param name="key">The request's key.</param>
    /// <param name="units">The request's units.</param>
    /// <param name="capUnits">The most refused units that count in a period.</param>
    /// <returns>Units that count as demand now.</returns>
    public long Refuse(long period, string key, long units, long capUnits)
    {
        Enter(period);
        _keys ??= new(StringComparer.Ordinal);
        if (_keys.Count >= MaxKeys || !_keys.Add(key)) return 0;
        long counted = Math.Clamp(capUnits - _units, 0, units);
        _units += counted;
        return counted;
    }

    /// <summary>Notes an admission.</summary>
    /// <returns>Units that count as demand now: none if the key was counted when it was refused in this period.</returns>
    public long Admit(long period, string key, long units)
    {
        Enter(period);
        return _keys is not null && _keys.Contains(key) ? 0 : units;
    }

    private void Enter(long period)
    {
        if (period == _period) return;
        _period = period;
        _units = 0;
        _keys = null;
    }
}
