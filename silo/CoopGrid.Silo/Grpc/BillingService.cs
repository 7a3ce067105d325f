using CoopGrid.Domain.Billing;
using CoopGrid.Grains.Billing;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using CoopGrid.Protocol.V1;
using Grpc.Core;
using Bill = CoopGrid.Protocol.V1.Bill;

namespace CoopGrid.Silo.Grpc;

/// <summary>The door to bills.</summary>
internal sealed class BillingService(MemberGrains members, Coops coops) : Protocol.V1.Billing.BillingBase
{
    public override async Task<Bill> GetProjectedBill(GetProjectedBillRequest request, ServerCallContext context)
    {
        if (!await coops.ExistsAsync(request.Coop)) throw Fail(StatusCode.NotFound, $"There is no co-op '{request.Coop}'.");
        if (!Ids.IsName(request.Member)) throw Fail(StatusCode.InvalidArgument, AdmissionMapping.BadName("member"));
        var id = new MemberId(request.Coop, request.Member);
        IMemberGrain member = members.Of(id);
        if (await member.ProjectBill() is not { } figures) throw await WithoutBill(member, request.Member);
        ClassFigures soFar = EpochMapping.ToFigures(figures.Class, figures.ClassSoFar);
        return BillingMapping.ToReply(BillRule.Project(id, soFar, EpochMapping.ToFigures(figures.MemberSoFar), []), figures);
    }

    private static async Task<RpcException> WithoutBill(IMemberGrain member, string name) =>
        (await member.GetState()).Status == Model.MemberStatus.Unknown
            ? Fail(StatusCode.NotFound, $"There is no member '{name}'.")
            : Fail(StatusCode.FailedPrecondition, "The class's first epoch has not begun: there is nothing to project yet.");

    private static RpcException Fail(StatusCode code, string reason) => new(new Status(code, reason));
}
