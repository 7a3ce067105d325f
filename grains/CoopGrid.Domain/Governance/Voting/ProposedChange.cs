using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>What a proposal asks for: one of the three below.</summary>
public abstract record ProposedChange
{
    // Nobody else adds a kind: each needs its checks, its effect and its place in stores.
    private protected ProposedChange()
    {
    }

    /// <summary>Whether both ask for the same. Policies hold lists, whose own equality goes by reference.</summary>
    public bool IsSameAs(ProposedChange other) => (this, other) switch
    {
        (ClassPolicyChange a, ClassPolicyChange b) => a.Class == b.Class && a.BasedOn == b.BasedOn && PolicyChange.AreEqual(a.New, b.New),
        _ => Equals(other),
    };
}

/// <summary>Another policy for a class.</summary>
/// <param name="Class">The customer class.</param>
/// <param name="BasedOn">The version that the proposer read: the newest one, both when it is proposed and when it is executed.</param>
/// <param name="New">The whole policy as it shall be; its own version is not looked at.</param>
public sealed record ClassPolicyChange(string Class, int BasedOn, ClassPolicy New) : ProposedChange;

/// <summary>Other governance numbers for the co-op. They hold for proposals that are made after the execution.</summary>
/// <param name="BasedOn">The version that the proposer read.</param>
/// <param name="New">All numbers as they shall be; their own version is not looked at.</param>
public sealed record GovernanceChange(int BasedOn, GovernancePolicy New) : ProposedChange;

/// <summary>A spending of the commons account.</summary>
/// <param name="Recipient">Who gets it, for people to read: 1 to 128 bytes of UTF-8. The proposal's text says why.</param>
/// <param name="MicroCredits">1 to the greatest bill.</param>
public sealed record CommonsSpending(string Recipient, long MicroCredits) : ProposedChange;

/// <summary>A proposal as it is handed in.</summary>
/// <param name="Title">1 to 128 bytes of UTF-8.</param>
/// <param name="Why">For voters: 1 to 10,000 characters.</param>
/// <param name="Change">What is asked for.</param>
public sealed record ProposalDraft(string Title, string Why, ProposedChange Change);

/// <summary>What holds at the moment: a change is checked against it when it is proposed and again when it is executed.</summary>
public sealed record CurrentRules
{
    /// <summary>The co-op's IANA time zone.</summary>
    public required string TimeZone { get; init; }

    /// <summary>The governance numbers in force.</summary>
    public required GovernancePolicy Governance { get; init; }

    /// <summary>The class that a change names; null if there is none of that name, or the change names none.</summary>
    public ClassRules? Class { get; init; }

    /// <summary>What the commons account holds, in micro-credits.</summary>
    public long CommonsMicroCredits { get; init; }
}

/// <summary>A class's voted policies, without emergency actions.</summary>
/// <param name="Name">The customer class.</param>
/// <param name="Current">The one in force.</param>
/// <param name="Newest">The one with the highest version: the same, or one that waits for its slice.</param>
public sealed record ClassRules(string Name, ClassPolicy Current, ClassPolicy Newest);

/// <summary>What an executed proposal brings about. Only a <see cref="Proposal"/> makes one, from its executed entry.</summary>
public abstract record ProposalEffect
{
    private protected ProposalEffect(PolicyOrigin origin) => Origin = origin;

    /// <summary>The vote behind it. Of a spending, which makes no version, the version is 0.</summary>
    public PolicyOrigin Origin { get; }
}

/// <summary>A class's policy, with its version, holds from a slice on.</summary>
public sealed record ClassPolicyEffect : ProposalEffect
{
    internal ClassPolicyEffect(string inClass, ClassPolicy policy, long fromSlice, PolicyOrigin origin)
        : base(origin) => (Class, Policy, FromSlice) = (inClass, policy, fromSlice);

    public string Class { get; }

    public ClassPolicy Policy { get; }

    /// <summary>The first slice that it holds in, counted from the Unix epoch; later than that of the execution.</summary>
    public long FromSlice { get; }
}

/// <summary>Governance numbers, with their version, hold for proposals that are made from now on.</summary>
public sealed record GovernanceEffect : ProposalEffect
{
    internal GovernanceEffect(GovernancePolicy governance, PolicyOrigin origin)
        : base(origin) => Governance = governance;

    public GovernancePolicy Governance { get; }
}

/// <summary>The commons account pays.</summary>
public sealed record SpendingEffect : ProposalEffect
{
    internal SpendingEffect(CommonsSpending spending, PolicyOrigin origin)
        : base(origin) => Spending = spending;

    public CommonsSpending Spending { get; }
}
