using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Interfaces;

/// <summary>
/// One member; the key is <c>coop/member</c>. It is the only writer of its account: each call makes one synchronous decision, then waits
/// for the ledger's commit, and other calls come in meanwhile.
/// </summary>
[Alias("coopgrid.IMemberGrain")]
[GrainInterfaceType("coopgrid.member")]
public interface IMemberGrain : IGrainWithStringKey
{
    /// <summary>Decides one request. Answers <see cref="Outcome.Unavailable"/> if the decision could not be made durable.</summary>
    [Alias("Admit")]
    ValueTask<AdmissionAnswer> Admit(AdmissionRequest request);

    /// <summary>Decides requests in their order; one commit covers them. Also tells which silo decided.</summary>
    [Alias("AdmitBatch")]
    ValueTask<HomeAnswers> AdmitBatch(ImmutableArray<AdmissionRequest> requests);

    /// <summary>Answers as <see cref="Admit"/> would now, without waiting for room, and changes nothing.</summary>
    [Alias("Quote")]
    ValueTask<AdmissionAnswer> Quote(AdmissionRequest request);

    /// <summary>Gives units of an admission back.</summary>
    [Alias("Cancel")]
    ValueTask<CancelAnswer> Cancel(string key, long units, string caller);

    /// <summary>Takes a meter's report.</summary>
    [Alias("Report")]
    ValueTask<ReportAnswer> Report(UsageReport report);

    /// <summary>Makes the member one of a class; harmless if it is already.</summary>
    [Alias("Enroll")]
    ValueTask<MemberAnswer> Enroll(string @class);

    /// <summary>Suspends the member or lets it go on.</summary>
    [Alias("Suspend")]
    ValueTask<MemberAnswer> Suspend(bool suspended, string reason);

    /// <summary>Gives or takes the right to use a lane.</summary>
    [Alias("Entitle")]
    ValueTask<MemberAnswer> Entitle(string lane, bool entitled);

    /// <summary>Lets a meter report for the member.</summary>
    [Alias("RegisterMeter")]
    ValueTask<MemberAnswer> RegisterMeter(string meter);

    /// <summary>
    /// Ends the membership, for good: admission at once, then senders, meters and what the member has in slots, and makes its final bill. Once the member has left, a
    /// repeat finishes what was broken off, and answers the same.
    /// </summary>
    [Alias("Exit")]
    ValueTask<ExitAnswer> Exit(string reason);

    /// <summary>The member as it stands.</summary>
    /// <exception cref="InvalidOperationException">The account has moved to another activation; ask again.</exception>
    [Alias("GetState")]
    ValueTask<MemberState> GetState();

    /// <summary>What the member used in a frozen epoch of its class. The epoch is of the class's last signal: ask after the class has frozen it.</summary>
    [Alias("GetEpoch")]
    ValueTask<EpochFiguresAnswer> GetEpoch(long number);

    /// <summary>What the member's bill of the running epoch would be computed from now; null if it was never enrolled, or its class's first epoch is to come.</summary>
    /// <exception cref="InvalidOperationException">The account has moved to another activation; ask again.</exception>
    [Alias("ProjectBill")]
    ValueTask<ProjectedFigures?> ProjectBill();

    /// <summary>The lines that wait for the member's next bill have changed.</summary>
    [Alias("LinesChanged")]
    ValueTask LinesChanged();
}

/// <summary>The answer to an exit.</summary>
/// <param name="Outcome">Changed, or unchanged if the member had left before.</param>
/// <param name="State">The member afterwards.</param>
/// <param name="BillNumber">
/// The number of its final bill; 0 if there is none: no epoch of its class had begun, or late units wait for an epoch before it to close, and it is made then.
/// </param>
/// <param name="Reason">For refusals: what was wrong and what to do.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.ExitAnswer")]
public sealed record ExitAnswer(
    [property: Id(0)] MemberOutcome Outcome,
    [property: Id(1)] MemberState State,
    [property: Id(2)] long BillNumber = 0,
    [property: Id(3)] string Reason = "");

/// <summary>What became of a change of membership.</summary>
public enum MemberOutcome : byte
{
    None = 0,
    MemberUnknown = 1,
    ClassUnknown = 2,

    /// <summary>The member belongs to another class or has left.</summary>
    Conflict = 3,
    LaneUnknown = 4,

    /// <summary>It was so already.</summary>
    Unchanged = 5,
    Changed = 6,
    Unavailable = 7,
}

/// <summary>The answer to a change of membership.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="State">The member afterwards.</param>
/// <param name="Reason">For refusals: what was wrong and what to do.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.MemberAnswer")]
public sealed record MemberAnswer(
    [property: Id(0)] MemberOutcome Outcome,
    [property: Id(1)] MemberState State,
    [property: Id(2)] string Reason = "");
