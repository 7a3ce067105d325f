using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Model;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace CoopGrid.Grains.Admission;

/// <summary>
/// The members whose activation is in this silo, for its doors: they decide on the spot what else would be a message to a grain, a
/// turn of its scheduler and a message back.
/// </summary>
public interface IResidentMembers
{
    /// <summary>Who decides for the member in this silo; null = call the grain.</summary>
    IRequestDecider? Find(MemberId member);

    /// <summary>How long a request of a lane may wait for room at most, in whichever class of the co-op its member is; in ms.</summary>
    int LongestWaitMs(string coop, string lane);
}

/// <summary>Decides one member's requests.</summary>
public interface IRequestDecider
{
    /// <summary>Decides one request. The answer may be given once its commit is durable (L1).</summary>
    ValueTask<AdmissionPledge> Pledge(AdmissionRequest request);

    /// <summary>Decides one request without a wait for room: where one would be due nothing is decided, and the answer is <see cref="AdmissionAnswer.Moved"/>.</summary>
    AdmissionPledge PledgeAtOnce(AdmissionRequest request);
}

/// <summary>An answer, and what it rests on.</summary>
/// <param name="Answer">The answer.</param>
/// <param name="Commit">What must be durable before it is given; null = it may be given now.</param>
public readonly record struct AdmissionPledge(AdmissionAnswer Answer, Commit? Commit)
{
    /// <summary>The answer once it may be given; <see cref="Outcome.Unavailable"/> if that is not known in time.</summary>
    public ValueTask<AdmissionAnswer> Settled() => Commit is null ? new(Answer) : WhenDurable(Commit, Answer);

    private static async ValueTask<AdmissionAnswer> WhenDurable(Commit commit, AdmissionAnswer answer) =>
        await commit.Committed() ? answer : AdmissionAnswer.Refused(Outcome.Unavailable, RequestDecider.NotDurable);
}

/// <inheritdoc cref="IResidentMembers"/>
internal sealed class ResidentMembers(ClaimTable claims, ClassGates gates, IOptions<GrainCollectionOptions> collection) : IResidentMembers
{
    // Now and then a request goes to the grain, for the silo collects an activation that nobody calls.
    private readonly TimeSpan _callEvery = collection.Value.CollectionAge / 4;

    public IRequestDecider? Find(MemberId member) =>
        claims.OwnerOf(member) is MemberGrain { Decider: { } decider } && decider.IsUsed(_callEvery) ? decider : null;

    public int LongestWaitMs(string coop, string lane) => gates.LongestWaitMs(coop, lane);
}
