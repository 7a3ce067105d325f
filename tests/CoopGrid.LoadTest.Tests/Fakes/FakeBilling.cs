using CoopGrid.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace CoopGrid.LoadTest.Tests.Fakes;

/// <summary>Two bills on two pages, a closing that is over at the second look, and books that know their members.</summary>
internal sealed class FakeBilling(FakeGrid grid) : Billing.BillingBase
{
    private static int _looks;

    public override Task<ListBillsReply> ListBills(ListBillsRequest request, ServerCallContext context)
    {
        long number = request.After.Length == 0 ? 1 : 2;
        return Task.FromResult(new ListBillsReply { Bills = { BillOf(number) }, Next = number == 1 ? "1" : "" });
    }

    public override Task<BillReply> GetBill(GetBillRequest request, ServerCallContext context) => request.Number <= 2
        ? Task.FromResult(new BillReply { Bill = BillOf(request.Number), Json = "{}" })
        : throw new RpcException(new Status(StatusCode.NotFound, "No such bill."));

    public override Task<Bill> GetProjectedBill(GetProjectedBillRequest request, ServerCallContext context)
    {
        if (grid.Change(request.Member, _ => { }) is null) throw new RpcException(new Status(StatusCode.NotFound, "No such member."));
        return Task.FromResult(BillOf(0));
    }

    public override async Task ExportBills(ExportBillsRequest request, IServerStreamWriter<ExportPart> responseStream, ServerCallContext context)
    {
        foreach (string part in new[] { "[", "]" }) await responseStream.WriteAsync(new() { Data = ByteString.CopyFromUtf8(part) });
    }

    public override Task<ClosingReply> GetClosing(GetClosingRequest request, ServerCallContext context)
    {
        if (request.Class != FakeGrid.Class) throw new RpcException(new Status(StatusCode.NotFound, "No such class."));
        bool closed = Interlocked.Increment(ref _looks) % 2 == 0;
        return Task.FromResult(new ClosingReply
        {
            Coop = request.Coop,
            Class = request.Class,
            Epoch = request.Epoch,
            State = closed ? ClosingState.Closed : ClosingState.Billing,
            MemberSlices = 720,
            BilledMemberSlices = closed ? 720 : 300,
            ChargesMicroCredits = "170141183460469231731687303715884105727",
            RevenueMicroCredits = closed ? "-5" : "",
        });
    }

    public override Task<PostCreditReply> PostCredit(PostCreditRequest request, ServerCallContext context)
    {
        if (grid.Change(request.Member, _ => { }) is null) throw new RpcException(new Status(StatusCode.NotFound, "No such member."));
        return Task.FromResult(new PostCreditReply { Entry = 1, BalanceMicroCredits = request.MicroCredits });
    }

    public override Task<BalancesReply> GetBalances(GetBalancesRequest request, ServerCallContext context) => Task.FromResult(new BalancesReply
    {
        MembersMicroCredits = "-3",
        RevenueMicroCredits = "3",
        PaymentsMicroCredits = "0",
        CommonsMicroCredits = "0",
        RoundingMicroCredits = "0",
        LastBill = 2,
        MemberMicroCredits = -1,
    });

    private static Bill BillOf(long number) => new()
    {
        Coop = FakeGrid.Coop,
        Number = number,
        Member = "alice",
        Class = FakeGrid.Class,
        Epoch = 7,
        Currency = "[credit]",
        TotalMicroCredits = -1_500_000,
        Lines = { new BillLine { Kind = BillLineKind.Fixed, AmountMicroCredits = 25_000_000, Description = "Fixed fee [all]" } },
    };
}
