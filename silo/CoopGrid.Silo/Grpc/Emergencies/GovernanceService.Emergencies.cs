using System.Collections.Immutable;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Grpc.Core;
using Wire = CoopGrid.Protocol.V1;

namespace CoopGrid.Silo.Grpc;

/// <content>What operators do alone, and what everybody may read of it.</content>
internal sealed partial class GovernanceService
{
    public override async Task<Wire.EmergencyReply> DeclareEmergency(Wire.DeclareEmergencyRequest request, ServerCallContext context)
    {
        IEmergencyGrain emergencies = await EmergenciesOf(request.Coop);
        EmergencyAction action = request.ActionCase switch
        {
            Wire.DeclareEmergencyRequest.ActionOneofCase.SuspendMember => new SuspendMember(request.SuspendMember.Member),
            Wire.DeclareEmergencyRequest.ActionOneofCase.LowerCap => new LowerCap(request.LowerCap.Class, request.LowerCap.CapPermille),
            Wire.DeclareEmergencyRequest.ActionOneofCase.RaiseGuarantee =>
                new RaiseGuarantee(request.RaiseGuarantee.Class, request.RaiseGuarantee.Lane, request.RaiseGuarantee.GuaranteedPermille),
            _ => throw Fail(StatusCode.InvalidArgument, "An action is needed: suspend_member, lower_cap or raise_guarantee."),
        };
        if (request.EndsUnixMs is < 0 or > EmergencyMapping.LatestUnixMs) throw Fail(StatusCode.InvalidArgument, "ends_unix_ms must be a Unix time in ms.");
        var by = new Caller(request.By, request.AsOperator);
        return Told(request.Coop, await emergencies.Declare(action, request.Reason, Instant.FromUnixMs(request.EndsUnixMs), by));
    }

    public override async Task<Wire.EmergencyReply> LiftEmergency(Wire.LiftEmergencyRequest request, ServerCallContext context)
    {
        IEmergencyGrain emergencies = await EmergenciesOf(request.Coop);
        return Told(request.Coop, await emergencies.Lift(request.Number, request.Reason, new(request.By, request.AsOperator)));
    }

    public override async Task<Wire.ListEmergenciesReply> ListEmergencies(Wire.ListEmergenciesRequest request, ServerCallContext context)
    {
        if (request.Limit is < 0 or > MaxPage) throw Fail(StatusCode.InvalidArgument, $"limit must be 0 to {MaxPage}.");
        if (request.After < 0) throw Fail(StatusCode.InvalidArgument, "after must be 0 or above.");
        IEmergencyGrain emergencies = await EmergenciesOf(request.Coop);
        ImmutableArray<EmergencyView> actions = await emergencies.List(request.After, request.Limit == 0 ? DefaultPage : request.Limit);
        var reply = new Wire.ListEmergenciesReply();
        reply.Actions.AddRange(actions.Select(action => EmergencyMapping.ToWire(request.Coop, action, Instant.Now(time))));
        return reply;
    }

    private async Task<IEmergencyGrain> EmergenciesOf(string coop)
    {
        await ExpectCoop(coop);
        return grains.GetGrain<IEmergencyGrain>(coop);
    }

    private Wire.EmergencyReply Told(string coop, EmergencyAnswer answer) => answer.Outcome switch
    {
        EmergencyOutcome.Invalid => throw Fail(StatusCode.InvalidArgument, answer.Reason),
        EmergencyOutcome.ActionUnknown => throw Fail(StatusCode.NotFound, answer.Reason),
        _ => new()
        {
            // Same names and numbers; a test of the architecture holds them together.
            Outcome = (Wire.EmergencyOutcome)(int)answer.Outcome,
            Reason = answer.Reason,
            Action = answer.Action is { } action ? EmergencyMapping.ToWire(coop, action, Instant.Now(time)) : null,
        },
    };
}
