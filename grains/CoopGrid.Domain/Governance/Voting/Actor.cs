using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// Who calls. A suspended member is a member here: it still proposes and votes, or an operator could suspend those who disagree.
/// <c>default</c> is nobody.
/// </summary>
/// <param name="Name">The member's or operator's name, 1 to 128 bytes of UTF-8.</param>
/// <param name="Status">Its membership; <see cref="MemberStatus.Unknown"/> for an operator who is no member.</param>
/// <param name="Enrolled">When it was enrolled, the last time if it left and came back; meaningless unless it is a member.</param>
/// <param name="IsOperator">Whether it acts with an operator's authority.</param>
public readonly record struct Actor(string Name, MemberStatus Status, Instant Enrolled, bool IsOperator)
{
    public bool IsMember => Status is MemberStatus.Active or MemberStatus.Suspended;
}
