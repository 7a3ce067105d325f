using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Domain.Billing.Exports;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using CoopGrid.Protocol.V1;
using Grpc.Core;
using Bill = CoopGrid.Domain.Billing.Bill;
using CreditSource = CoopGrid.Domain.Billing.CreditSource;

namespace CoopGrid.Silo.Grpc;

/// <summary>
/// The door to bills and books. It reads the store: bills never change, and a closing's progress is there and nowhere else. A projected bill comes from its member.
/// </summary>
internal sealed class BillingService(Coops coops, MemberGrains members, IBillStore store, Credits credits, IGrainFactory grains) : Billing.BillingBase
{
    private const int MaxPage = 1000;
    private const int DefaultPage = 100;
    private const int NewestEpochs = 16;

    public override async Task<ListBillsReply> ListBills(ListBillsRequest request, ServerCallContext context)
    {
        if (request.Limit is < 0 or > MaxPage) throw Fail(StatusCode.InvalidArgument, $"limit must be 0 to {MaxPage}.");
        int limit = request.Limit == 0 ? DefaultPage : request.Limit;
        BillHeadings headings = new(await ProfileOf(request.Coop), store);
        var selection = BillSelection.Of(request.Coop, request.Member, request.Class, request.HasEpoch ? request.Epoch : null);
        IReadOnlyList<BillRow> rows = await selection.PageAsync(store, request.After, limit, context.CancellationToken);
        var reply = new ListBillsReply { Next = rows.Count == limit ? selection.EndOf(rows[^1]) : "" };
        foreach (BillRow row in rows)
        {
            Bill bill = row.ToBill();
            reply.Bills.Add(BillMapping.ToReply(bill, await headings.OfAsync(bill, context.CancellationToken), row));
        }

        return reply;
    }

    public override async Task<BillReply> GetBill(GetBillRequest request, ServerCallContext context)
    {
        BillHeadings headings = new(await ProfileOf(request.Coop), store);
        BillRow row = await store.FindBillAsync(request.Coop, request.Number, context.CancellationToken)
            ?? throw Fail(StatusCode.NotFound, $"There is no bill {request.Number} in '{request.Coop}'.");
        Bill bill = row.ToBill();
        BillHeading heading = await headings.OfAsync(bill, context.CancellationToken);
        return new() { Bill = BillMapping.ToReply(bill, heading, row), Json = BillJson.Write(bill, heading) };
    }

    public override async Task<Protocol.V1.Bill> GetProjectedBill(GetProjectedBillRequest request, ServerCallContext context)
    {
        CoopProfile coop = await ProfileOf(request.Coop);
        if (!Ids.IsName(request.Member)) throw Fail(StatusCode.InvalidArgument, AdmissionMapping.BadName("member"));
        var id = new MemberId(request.Coop, request.Member);
        IMemberGrain member = members.Of(id);
        if (await member.ProjectBill() is not { } figures) throw await WithoutBill(member, request.Member);
        ClassFigures soFar = EpochMapping.ToFigures(figures.Class, figures.ClassSoFar);
        HandedIn waiting = HandedIn.Of(figures.WaitingLines.Select((line, place) => new HandedInRow(place, request.Member, line)), soFar);
        return BillMapping.ToReply(BillRule.Project(id, soFar, EpochMapping.ToFigures(figures.MemberSoFar), waiting.Lines), figures, coop.Currency);
    }

    public override async Task ExportBills(ExportBillsRequest request, IServerStreamWriter<ExportPart> responseStream, ServerCallContext context)
    {
        if (request.Format is not (ExportFormat.Json or ExportFormat.FocusCsv))
            throw Fail(StatusCode.InvalidArgument, "format must be EXPORT_FORMAT_JSON or EXPORT_FORMAT_FOCUS_CSV.");
        BillHeadings headings = new(await ProfileOf(request.Coop), store);
        var selection = BillSelection.Of(request.Coop, request.Member, request.Class, request.HasEpoch ? request.Epoch : null);
        var file = new BillFile(request.Format, responseStream, context.CancellationToken);
        file.Begin();
        string after = "";
        IReadOnlyList<BillRow> rows;
        do
        {
            rows = await selection.PageAsync(store, after, MaxPage, context.CancellationToken);
            foreach (BillRow row in rows)
            {
                Bill bill = row.ToBill();
                await file.AddAsync(bill, await headings.OfAsync(bill, context.CancellationToken));
            }

            if (rows.Count > 0) after = selection.EndOf(rows[^1]);
        }
        while (rows.Count == MaxPage);
        await file.EndAsync();
    }

    public override async Task<ClosingReply> GetClosing(GetClosingRequest request, ServerCallContext context)
    {
        await ProfileOf(request.Coop);
        var id = new ClassId(request.Coop, request.Class);
        if (request.HasEpoch)
        {
            return await store.FindEpochAsync(id, request.Epoch, context.CancellationToken) is { } row
                ? await Told(row.ToBooks())
                : throw Fail(StatusCode.NotFound, $"Nothing is in the books of epoch {request.Epoch} of class {id}.");
        }

        IReadOnlyList<EpochRow> rows = await store.ListEpochsAsync(id, NewestEpochs, context.CancellationToken);
        EpochBooks newest = rows.Select(row => row.ToBooks()).FirstOrDefault(books => books.Closing is not null)
            ?? throw Fail(StatusCode.NotFound, $"No epoch of class {id} has begun to close.");
        return await Told(newest);
    }

    public override async Task<PostCreditReply> PostCredit(PostCreditRequest request, ServerCallContext context)
    {
        await ProfileOf(request.Coop);
        CreditSource source = request.Source switch
        {
            Protocol.V1.CreditSource.Refund => CreditSource.Refund,
            Protocol.V1.CreditSource.Payment => CreditSource.Payment,
            _ => throw Fail(StatusCode.InvalidArgument, "source must be CREDIT_SOURCE_REFUND or CREDIT_SOURCE_PAYMENT; the commons are spent by proposal."),
        };
        var member = new MemberId(request.Coop, request.Member);
        CreditPosting posted = await credits.PostAsync(member, source, request.MicroCredits, request.Reason, request.Key, context.CancellationToken);
        return posted.Outcome switch
        {
            CreditPostingOutcome.Invalid => throw Fail(StatusCode.InvalidArgument, posted.Reason),
            CreditPostingOutcome.MemberUnknown => throw Fail(StatusCode.NotFound, posted.Reason),
            CreditPostingOutcome.KeyConflict => throw Fail(StatusCode.AlreadyExists, posted.Reason),
            CreditPostingOutcome.CommonsShort => throw Fail(StatusCode.FailedPrecondition, posted.Reason),
            _ => new()
            {
                Entry = posted.Entry,
                Replayed = posted.Outcome == CreditPostingOutcome.PostedBefore,
                BalanceMicroCredits = await store.ReadBalanceAsync(member, context.CancellationToken),
            },
        };
    }

    public override async Task<BalancesReply> GetBalances(GetBalancesRequest request, ServerCallContext context)
    {
        await ProfileOf(request.Coop);
        long member = request.Member.Length == 0 ? 0 : await store.ReadBalanceAsync(new(request.Coop, request.Member), context.CancellationToken);
        return BillMapping.ToReply(await store.ReadBooksAsync(request.Coop, context.CancellationToken), member);
    }

    private async Task<ClosingReply> Told(EpochBooks books) =>
        BillMapping.ToReply(books, await grains.GetGrain<IClassGrain>(books.Epoch.Class.ToString()).GetLateTotal(books.Epoch.Number));

    private static async Task<RpcException> WithoutBill(IMemberGrain member, string name) => (await member.GetState()).Status switch
    {
        Model.MemberStatus.Unknown => Fail(StatusCode.NotFound, $"There is no member '{name}'."),
        Model.MemberStatus.Exited => Fail(StatusCode.FailedPrecondition, "The member has left: its final bill is among its bills."),
        _ => Fail(StatusCode.FailedPrecondition, "The class's first epoch has not begun: there is nothing to project yet."),
    };

    private async ValueTask<CoopProfile> ProfileOf(string coop) =>
        await coops.FindAsync(coop) ?? throw Fail(StatusCode.NotFound, $"There is no co-op '{coop}'.");

    private static RpcException Fail(StatusCode code, string reason) => new(new Status(code, reason));
}
