using CoopGrid.Grains.Usage;
using CoopGrid.Model;

namespace CoopGrid.Grains.Hosting;

/// <summary>
/// Which of some silos a member belongs to when none has it: the one whose hash together with the member's is the highest (rendezvous hashing, Thaler and
/// Ravishankar 1998). Silos that see the same cluster agree without a word, each gets an equal share, and one that comes or goes moves its own share only.
/// </summary>
public static class Rendezvous
{
    private static readonly GrainType MemberType = GrainType.Create(GrainStates.Member);

    /// <summary>The member's silo among some, whose order does not matter.</summary>
    /// <param name="silos">One at least.</param>
    /// <param name="hash">Of a silo: the same in every process.</param>
    public static T Of<T>(MemberId member, IEnumerable<T> silos, Func<T, int> hash)
    {
        uint own = GrainId.Create(MemberType, member.ToString()).GetUniformHashCode();
        return silos.MaxBy(silo => Mix(((ulong)own << 32) | unchecked((uint)hash(silo))))!;
    }

    // The finalizer of SplitMix64: every bit of the pair moves every bit of the result.
    private static ulong Mix(ulong pair)
    {
        unchecked
        {
            pair = (pair ^ (pair >> 30)) * 0xBF58476D1CE4E5B9;
            pair = (pair ^ (pair >> 27)) * 0x94D049BB133111EB;
            return pair ^ (pair >> 31);
        }
    }
}
