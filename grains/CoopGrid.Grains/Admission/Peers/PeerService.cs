using System.Collections.Immutable;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Admission.Peers;

/// <summary>The <see cref="PeerDesk"/> as other silos reach it: one in each silo, at the silo's own address.</summary>
internal sealed class PeerService(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, PeerDesk desk) : GrainService(id, silo, loggers), IPeerDesk
{
    public ValueTask<ImmutableArray<ImmutableArray<AdmissionAnswer>>> Admit(ImmutableArray<MemberRequests> asked) => desk.Admit(asked);
}
