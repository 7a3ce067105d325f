using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>One version of a class's policy: what it says, from when on, and who made it so.</summary>
/// <param name="Policy">With its version.</param>
/// <param name="FromSlice">The first slice that it can hold in, counted from the Unix epoch.</param>
/// <param name="Origin">The founding charter or the vote.</param>
public sealed record PolicyVersion(ClassPolicy Policy, long FromSlice, PolicyOrigin Origin);

/// <summary>
/// The ledger of a class's policies. It grows, and nothing in it ever changes.
/// <list type="number">
/// <item>Versions are 1, 2, 3… without gaps; the first is the founding charter's, each later one an executed proposal's.</item>
/// <item>In force in a slice is the highest version whose first slice has come: a newer one that holds earlier overtakes one that waits, whose change it
/// includes or takes back, as it was based on it.</item>
/// <item>A new version changes nothing in slices up to the one of its execution, so what was billed stays as it was.</item>
/// <item>Adding the same effect again changes nothing.</item>
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

    /// <summary>Who made a version, for whoever reads a bill; null if there is none.</summary>
    public PolicyOrigin? OriginOf(int version) => version >= 1 && version <= _versions.Count ? _versions[version - 1].Origin : null;

    /// <summary>Adds what an executed proposal brings about; false if it is there already.</summary>
    /// <exception cref="InvalidOperationException">It is of another class, not the next version, or would change what has been.</exception>
    public bool Add(ClassPolicyEffect effect)
    {
        if (effect.Class != Class) throw new InvalidOperationException($"A policy of class {effect.Class} is none of {Class}.");
        if (OriginOf(effect.Policy.Version) is { } known && known == effect.Origin) return false;
        if (effect.Policy.Version != Newest.Version + 1)
            throw new InvalidOperationException($"Version {effect.Policy.Version} of class {Class} does not follow {Newest.Version}.");
        if (effect.FromSlice <= effect.Policy.Window.SliceAt(effect.Origin.ExecutedAt))
            throw new InvalidOperationException($"Version {effect.Policy.Version} of class {Class} would change slices that have begun.");
        _versions.Add(new(effect.Policy, effect.FromSlice, effect.Origin));
        return true;
    }

    /// <summary>What a change is checked against.</summary>
    public ClassRules RulesAt(Instant now) => new(Class, InForceAt(Newest.Window.SliceAt(now)).Policy, Newest);
}
