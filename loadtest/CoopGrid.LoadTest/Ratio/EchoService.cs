using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.LoadTest.Ratio;

/// <summary>Reads a real request, decides nothing, and answers with a reply of a real one's size: what gRPC alone costs.</summary>
internal sealed class EchoService : Admission.AdmissionBase
{
    private static readonly Task<AdmitReply> Reply = Task.FromResult(new AdmitReply
    {
        Outcome = Outcome.Admitted,
        Units = 1,
        MultiplierPermille = 1000,
        Covered = new Covered { Baseline = 1 },
        WindowUsageUnits = 1_000_000,
        BaselineRemainingUnits = 1_000_000,
        PolicyVersion = 1,
    });

    public override Task<AdmitReply> Admit(AdmitRequest request, ServerCallContext context) => Reply;
}
