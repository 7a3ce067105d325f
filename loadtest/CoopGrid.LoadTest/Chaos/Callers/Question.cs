using CoopGrid.LoadTest.Chaos.Judging;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Chaos.Callers;

/// <summary>What one send, or the giving back of one, asks; the same at every attempt.</summary>
/// <param name="Units">Of a cancel: the total to be given back.</param>
internal sealed record Question(CallKind Kind, string Class, string Member, string Key, long Units)
{
    public static Question Of(CallRecord call) => new(call.Kind, call.Class, call.Member, call.Key, call.Units);

    public AdmitRequest Admit() => new()
    {
        Coop = ChaosCharter.Coop,
        Member = Member,
        Units = Units,
        Key = Key,
        Durability = Kind == CallKind.AdmitRelaxed ? Durability.Relaxed : Durability.Durable,
    };

    public CancelRequest Cancel() => new() { Coop = ChaosCharter.Coop, Member = Member, Key = Key, Units = Units };

    public CallRecord Told(CallPhase phase, int silo, long asked, long answered, AdmitReply reply) =>
        new(phase, Kind, Class, Member, Key, Units, silo, asked, answered, reply.Outcome, reply.Replayed, 0, Note(reply.Reason));

    public CallRecord Told(CallPhase phase, int silo, long asked, long answered, Outcome outcome, long returned, string? note) =>
        new(phase, Kind, Class, Member, Key, Units, silo, asked, answered, outcome, false, returned, Note(note));

    private static string? Note(string? reason) => string.IsNullOrEmpty(reason) ? null : reason.Length > 160 ? reason[..160] : reason;
}
