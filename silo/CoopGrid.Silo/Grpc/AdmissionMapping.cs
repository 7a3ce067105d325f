using System.Collections.Immutable;
using CoopGrid.Model;
using CoopGrid.Protocol.V1;

namespace CoopGrid.Silo.Grpc;

/// <summary>Admission between the wire and the model. The enums' numbers agree; a test holds them together.</summary>
internal static class AdmissionMapping
{
    public static AdmissionRequest ToRequest(AdmitRequest request) => new()
    {
        Key = request.Key,
        Lane = request.Lane,
        Units = request.Units,
        Dimensions = request.Dimensions.Count == 0 ? [] : Sorted(request.Dimensions),
        MaxMultiplierPermille = request.MaxMultiplierPermille,
        MaxWaitMs = request.HasMaxWaitMs ? request.MaxWaitMs : null,
        DeferUntilUnixMs = request.DeferUntilUnixMs,
        Ticket = request.Ticket,
        Relaxed = request.Durability == Durability.Relaxed,
    };

    public static AdmitReply ToReply(AdmissionAnswer answer) => new()
    {
        Outcome = (Protocol.V1.Outcome)(int)answer.Outcome,
        Replayed = answer.Replayed,
        Units = answer.Units,
        MultiplierPermille = answer.MultiplierPermille,
        Covered = answer.Outcome is Model.Outcome.Admitted or Model.Outcome.Deferred ? ToReply(answer.Covered) : null,
        RetryAfterMs = answer.RetryAfterMs,
        Ticket = answer.Ticket,
        NotBeforeUnixMs = answer.NotBeforeUnixMs,
        WindowUsageUnits = answer.WindowUsageUnits,
        BaselineRemainingUnits = answer.BaselineRemainingUnits,
        PolicyVersion = answer.PolicyVersion,
        Reason = answer.Reason,
        Home = answer.Home,
    };

    public static string BadName(string what) => $"The {what} must be 1 to {Ids.MaxBytes} bytes without control characters.";

    private static Protocol.V1.Covered ToReply(in Model.Covered covered) => new()
    {
        Exempt = covered.Exempt,
        Reserved = covered.Reserved,
        Baseline = covered.Baseline,
        Banked = covered.Banked,
        Surged = covered.Surged,
    };

    // A map has no order of its own on the wire; the payload of a key must.
    private static ImmutableArray<DimensionQuantity> Sorted(IDictionary<string, long> dimensions) =>
        [.. dimensions.Select(d => new DimensionQuantity(d.Key, d.Value)).OrderBy(d => d.Dimension, StringComparer.Ordinal)];
}
