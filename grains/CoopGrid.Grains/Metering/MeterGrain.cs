using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Metering;

/// <summary>
/// A meter's door: it knows whose the meter is and hands reports on one after the other. The chain itself is kept in the member's
/// account, whose commit is the receipt.
/// </summary>
[GrainType("meter")]
internal sealed class MeterGrain(IMemberDirectory directory) : Grain, IMeterGrain
{
    private IMemberGrain? _member;

    public async ValueTask<ReportAnswer> Report(UsageReport report)
    {
        _member ??= await FindMember();
        if (_member is null)
        {
            DeactivateOnIdle();
            return new() { Outcome = ReportOutcome.MeterUnknown, Reason = "No such meter." };
        }

        ReportAnswer answer = await _member.Report(report);

        // Its member has left: the name may be another's by now.
        if (answer.Outcome == ReportOutcome.MeterUnknown) _member = null;
        return answer;
    }

    private async Task<IMemberGrain?> FindMember()
    {
        MemberId key = MemberId.Parse(this.GetPrimaryKeyString());
        string? member = await directory.FindMeterAsync(key.Coop, key.Member, CancellationToken.None);
        return member is null ? null : GrainFactory.GetGrain<IMemberGrain>(new MemberId(key.Coop, member).ToString());
    }
}
