using System.Collections.Immutable;
using CoopGrid.Model;
using Orleans.Services;

namespace CoopGrid.Interfaces;

/// <summary>
/// A silo's desk for the doors of other silos: what they have to ask members of this silo at one time comes in one message, and is answered
/// in one. It decides for members whose activation is here, and for nobody else.
/// </summary>
[Alias("coopgrid.IPeerDesk")]
[GrainInterfaceType("coopgrid.peer-desk")]
public interface IPeerDesk : IGrainService
{
    /// <summary>Decides each member's requests in their order; what is decided here at one time shares a commit.</summary>
    /// <returns>
    /// In the order of <paramref name="asked"/>: the answers to a member's requests, of which one with <see cref="AdmissionAnswer.Moved"/> was not
    /// decided; none at all if the member is not here. Its grain is asked then.
    /// </returns>
    [Alias("Admit")]
    ValueTask<ImmutableArray<ImmutableArray<AdmissionAnswer>>> Admit(ImmutableArray<MemberRequests> asked);
}

/// <summary>What a door asks one member.</summary>
/// <param name="Member">Whom.</param>
/// <param name="Requests">One or more, in their order.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.MemberRequests")]
public readonly record struct MemberRequests([property: Id(0)] MemberId Member, [property: Id(1)] ImmutableArray<AdmissionRequest> Requests);

/// <summary>A member's answers, and where they come from.</summary>
/// <param name="Answers">In the order of the requests.</param>
/// <param name="Home">The silo that the member is in, for questions that follow.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.HomeAnswers")]
public readonly record struct HomeAnswers([property: Id(0)] ImmutableArray<AdmissionAnswer> Answers, [property: Id(1)] SiloAddress Home);
