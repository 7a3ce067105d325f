using CoopGrid.Model;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>What can be tried in a <see cref="VotingWorld"/>.</summary>
internal enum ActKind
{
    /// <summary>Number 0 asks for another policy, 1 for other governance numbers, 2 for a spending; Who 1 bases it on an old version.</summary>
    Propose,
    Vote,

    /// <summary>By the member Who; by an operator if Who is negative.</summary>
    Cancel,
    Queue,
    Execute,
    Join,
    Leave,
    Wait,
}

/// <summary>One thing tried, which takes an hour.</summary>
/// <param name="Number">The proposal, by its place; or what a proposal asks for.</param>
/// <param name="Who">The member, by number.</param>
/// <param name="Hours">How long to wait.</param>
internal readonly record struct Act(ActKind Kind, int Number = 0, int Who = 0, VoteChoice Choice = VoteChoice.None, int Hours = 1);
