using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

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

    /// <summary>What the class's history adds.</summary>
    public PolicyVersion Version => new(Policy, FromSlice, Origin);
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
