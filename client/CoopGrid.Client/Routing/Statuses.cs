using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>What the statuses of a unary call mean.</summary>
internal static class Statuses
{
    /// <summary>Whether nothing is known about what became of the call, so that the same question may be asked again with the same key.</summary>
    public static bool IsUnknown(StatusCode code) => code
        is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Internal or StatusCode.Unknown
        or StatusCode.Aborted or StatusCode.Cancelled or StatusCode.ResourceExhausted;

    /// <summary>The outcome that a status of <c>Admit</c> stands for, or null if it says nothing about the request.</summary>
    public static AdmitReply? AsReply(RpcException error)
    {
        Outcome outcome = error.StatusCode switch
        {
            StatusCode.InvalidArgument => Outcome.Invalid,
            StatusCode.AlreadyExists => Outcome.KeyConflict,
            StatusCode.FailedPrecondition => Outcome.KeyCancelled,
            StatusCode.NotFound => Outcome.CoopUnknown,
            _ when IsUnknown(error.StatusCode) => Outcome.Unavailable,
            _ => Outcome.Unspecified,
        };
        return outcome == Outcome.Unspecified ? null : new AdmitReply { Outcome = outcome, Reason = error.Status.Detail };
    }
}
