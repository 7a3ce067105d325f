using System.Collections.Immutable;
using System.Runtime.InteropServices;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Admission.Peers;

/// <summary>
/// Decides for the doors of other silos; see <see cref="IPeerDesk"/>. Nobody waits for room here: a message is answered as a whole, and one
/// request's wait would be all the others'. Who would have to is told that nothing was decided, and asks the member's grain, where it waits alone.
/// </summary>
internal sealed class PeerDesk(IResidentMembers residents, ClaimTable claims)
{
    /// <inheritdoc cref="IPeerDesk.Admit"/>
    public async ValueTask<ImmutableArray<ImmutableArray<AdmissionAnswer>>> Admit(ImmutableArray<MemberRequests> asked)
    {
        // All decisions are made before the first wait, so that one commit covers them.
        var pledged = new AdmissionPledge[asked.Length][];
        for (int i = 0; i < pledged.Length; i++) pledged[i] = Decide(asked[i]);

        var told = new ImmutableArray<AdmissionAnswer>[pledged.Length];
        for (int i = 0; i < told.Length; i++)
        {
            var answers = new AdmissionAnswer[pledged[i].Length];
            for (int k = 0; k < answers.Length; k++) answers[k] = await pledged[i][k].Settled();
            told[i] = ImmutableCollectionsMarshal.AsImmutableArray(answers);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(told);
    }

    private AdmissionPledge[] Decide(in MemberRequests asked)
    {
        if (residents.Find(asked.Member) is not { } decider) return claims.Holds(asked.Member) ? ComesBack(asked.Requests.Length) : [];
        var pledged = new AdmissionPledge[asked.Requests.Length];
        for (int i = 0; i < pledged.Length; i++) pledged[i] = decider.PledgeAtOnce(asked.Requests[i]);
        return pledged;
    }

    // Its activation is gone and its account is not: whoever asks its grain brings it back here.
    private static AdmissionPledge[] ComesBack(int requests)
    {
        var pledged = new AdmissionPledge[requests];
        Array.Fill(pledged, new(RequestDecider.Elsewhere, null));
        return pledged;
    }
}
