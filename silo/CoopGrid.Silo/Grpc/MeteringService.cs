using System.Diagnostics.CodeAnalysis;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using CoopGrid.Protocol.V1;
using Grpc.Core;
using ReportOutcome = CoopGrid.Model.ReportOutcome;
using SliceUsage = CoopGrid.Model.SliceUsage;

namespace CoopGrid.Silo.Grpc;

/// <summary>The door for meters.</summary>
internal sealed class MeteringService(IGrainFactory grains, Coops coops, TimeProvider time) : Metering.MeteringBase
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(1);

    public override async Task<ReportUsageReply> ReportUsage(ReportUsageRequest request, ServerCallContext context)
    {
        ReportAnswer answer = await Report(request);
        return answer.Outcome switch
        {
            ReportOutcome.Invalid => throw Fail(StatusCode.InvalidArgument, answer.Reason),
            ReportOutcome.CoopUnknown => throw Fail(StatusCode.NotFound, answer.Reason),
            ReportOutcome.Unavailable => throw Fail(StatusCode.Unavailable, answer.Reason),
            _ => ToReply(answer),
        };
    }

    public override async Task<ReportUsageBatchReply> ReportUsageBatch(ReportUsageBatchRequest request, ServerCallContext context)
    {
        if (request.Requests.Count > AdmissionService.MaxBatch)
            throw Fail(StatusCode.InvalidArgument, $"A batch holds at most {AdmissionService.MaxBatch} reports.");

        // One meter's reports go in their order; meters go side by side.
        var answers = new ReportAnswer[request.Requests.Count];
        await Task.WhenAll(Enumerable.Range(0, answers.Length).GroupBy(place => (request.Requests[place].Coop, request.Requests[place].Meter))
            .Select(async meter =>
            {
                foreach (int place in meter) answers[place] = await Report(request.Requests[place]);
            }));
        var reply = new ReportUsageBatchReply();
        reply.Replies.AddRange(answers.Select(ToReply));
        return reply;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever failed, no decision is known.")]
    private async Task<ReportAnswer> Report(ReportUsageRequest request)
    {
        try
        {
            if (!await coops.ExistsAsync(request.Coop))
                return new() { Outcome = ReportOutcome.CoopUnknown, Reason = $"There is no co-op '{request.Coop}'." };
            if (!Ids.IsName(request.Meter)) return new() { Outcome = ReportOutcome.Invalid, Reason = AdmissionMapping.BadName("meter") };
            var report = new UsageReport
            {
                Meter = request.Meter,
                Sequence = request.Sequence,
                Slices = [.. request.Slices.Select(slice => new SliceUsage(slice.Slice, slice.Units))],
            };
            IMeterGrain meter = grains.GetGrain<IMeterGrain>(new MemberId(request.Coop, request.Meter).ToString());
            return await meter.Report(report).AsTask().WaitAsync(AnswerWithin, time);
        }
        catch (Exception)
        {
            return new() { Outcome = ReportOutcome.Unavailable, Reason = "No decision is known; send the same report again." };
        }
    }

    private static ReportUsageReply ToReply(ReportAnswer answer) => new()
    {
        Outcome = (Protocol.V1.ReportOutcome)(int)answer.Outcome,
        ExpectedSequence = answer.ExpectedSequence,
        Units = answer.Units,
        WindowUsageUnits = answer.WindowUsageUnits,
        BaselineUnits = answer.BaselineUnits,
        SurgedUnits = answer.SurgedUnits,
        BankedUnits = answer.BankedUnits,
        Reason = answer.Reason,
    };

    private static RpcException Fail(StatusCode code, string reason) => new(new Status(code, reason));
}
