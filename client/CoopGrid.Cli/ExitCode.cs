using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Cli;

/// <summary>What the process says when it ends.</summary>
internal static class ExitCode
{
    /// <summary>Admitted, or done.</summary>
    public const int Ok = 0;

    /// <summary>The grid understood and refused.</summary>
    public const int Refused = 1;

    /// <summary>Bad usage, a malformed request, an unknown co-op, or a grid that cannot be reached.</summary>
    public const int Failed = 2;

    public static int Of(Outcome outcome) => outcome switch
    {
        Outcome.Admitted => Ok,
        Outcome.Invalid or Outcome.Unavailable or Outcome.CoopUnknown or Outcome.Unspecified => Failed,
        _ => Refused,
    };

    public static int Of(ReportOutcome outcome) => outcome switch
    {
        ReportOutcome.Accepted or ReportOutcome.Duplicate => Ok,
        ReportOutcome.Invalid or ReportOutcome.Unavailable or ReportOutcome.CoopUnknown or ReportOutcome.Unspecified => Failed,
        _ => Refused,
    };

    public static int Of(MarketOutcome outcome) => outcome == MarketOutcome.Accepted ? Ok : Refused;

    public static int Of(ProposalOutcome outcome) => outcome switch
    {
        ProposalOutcome.Accepted or ProposalOutcome.Unchanged => Ok,
        ProposalOutcome.Unspecified => Failed,
        _ => Refused,
    };

    public static int Of(EmergencyOutcome outcome) => outcome switch
    {
        EmergencyOutcome.Accepted or EmergencyOutcome.Unchanged => Ok,
        EmergencyOutcome.Unspecified => Failed,
        _ => Refused,
    };

    public static int Of(StatusCode status) =>
        status is StatusCode.NotFound or StatusCode.AlreadyExists or StatusCode.FailedPrecondition ? Refused : Failed;
}
