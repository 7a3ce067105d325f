using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// The ledger of a class's policies. It grows, and nothing in it ever changes.
/// <list type="number">
/// <item>Versions are 1, 2, 3… without gaps; the first is the founding charter's, each later one an executed proposal's. (A class that is older than its
/// history begins with what was in force then.)</item>
/// <item>In force in a slice is the highest version whose first slice has come: a newer one that holds earlier overtakes one that waits, whose change it
/// includes or takes back, as it was based on it.</item>
/// <item>A new version changes nothing in slices that have begun, so what was decided, priced and billed stays as it was. One that arrives when its first slice
/// has begun, because a crash came between its execution and the class, holds from the next slice, or the next epoch, instead.</item>
/// <item>Adding the same version of the same origin again changes nothing.</item>
/// </list>
/// </summary>
public sealed class PolicyHistory
{
    private readonly List<PolicyVersion> _versions;

    private PolicyHistory(string inClass, IEnumerable<PolicyVersion> versions)
    {
        Class = inClass;
        _versions = [.. versions];
    }

    public string Class { get; }

    /// <summary>From version 1 on.</summary>
    public IReadOnlyList<PolicyVersion> Versions => _versions;

    /// <summary>The highest version, in force or waiting.</summary>
    public ClassPolicy Newest => _versions[^1].Policy;

    /// <summary>The history of a class that was just founded.</summary>
    /// <param name="policy">Of the founding charter: version 1.</param>
    public static PolicyHistory Found(string inClass, ClassPolicy policy, Instant at)
    {
        if (policy.Version != 1) throw new ArgumentOutOfRangeException(nameof(policy), policy.Version, "a founding policy has version 1");
        PolicyOrigin origin = new() { Version = 1, DecidedAt = at, ExecutedAt = at };
        return new(inClass, [new(policy, policy.Window.SliceAt(at), origin)]);
    }

    /// <summary>The history as it was stored.</summary>
    public static PolicyHistory Restore(string inClass, ImmutableArray<PolicyVersion> versions) => new(inClass, versions);

    /// <summary>The version in force in a slice; before the founding, the founding one.</summary>
    public PolicyVersion InForceAt(long slice)
    {
        for (int i = _versions.Count - 1; i > 0; i--)
        {
            if (_versions[i].FromSlice <= slice) return _versions[i];
        }

        return _versions[0];
    }

    /// <summary>The first change after a slice: the version that is in force from its <see cref="PolicyVersion.FromSlice"/> on; null if none is to come.</summary>
    public PolicyVersion? ChangeAfter(long slice)
    {
        int inForce = InForceAt(slice).Policy.Version;
        long first = long.MaxValue;
        foreach (PolicyVersion version in _versions)
        {
            if (version.Policy.Version > inForce && version.FromSlice > slice) first = Math.Min(first, version.FromSlice);
        }

        return first == long.MaxValue ? null : InForceAt(first);
    }

    /// <summary>Who made a version, for whoever reads a bill; null if there is none.</summary>
    public PolicyOrigin? OriginOf(int version) => _versions.Find(known => known.Policy.Version == version)?.Origin;

    /// <summary>Adds a version that an executed proposal brings about; false if it is there already.</summary>
    /// <param name="timeZone">The co-op's IANA time zone.</param>
    /// <param name="now">The class's present.</param>
    /// <exception cref="InvalidOperationException">It is not the next version.</exception>
    public bool Add(PolicyVersion version, string timeZone, Instant now)
    {
        int number = version.Policy.Version;
        if (OriginOf(number) is { } known && known == version.Origin) return false;
        if (number != Newest.Version + 1) throw new InvalidOperationException($"Version {number} of class {Class} does not follow {Newest.Version}.");
        ClassPolicy current = RulesAt(now).Current;
        bool inTime = version.FromSlice > current.Window.SliceAt(now);
        _versions.Add(inTime ? version : version with { FromSlice = PolicySchedule.FromSlice(current, version.Policy, timeZone, now) });
        return true;
    }

    /// <summary>What a change is checked against.</summary>
    public ClassRules RulesAt(Instant now) => new(Class, InForceAt(Newest.Window.SliceAt(now)).Policy, Newest);
}
