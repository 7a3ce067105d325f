using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Months;

/// <summary>Members that leave. From the answer on they are refused by every silo, while their relays go on sending.</summary>
internal sealed class MonthExits(MonthGrid grid, MonthMeters meters)
{
    private readonly List<string> _left = [];
    private int _keys;

    public async Task LeaveAsync(string member)
    {
        ExitReply left = await grid.Answered(
            $"the exit of {member}", door => door.Members.ExitAsync(new() { Coop = Charters.Coop, Member = member, Reason = "moves away" }).ResponseAsync);
        Assert.Equal(MemberStatus.Exited, left.Member.Status);
        _left.Add(member);
        if (MonthCharter.HomeNames.Contains(member)) await meters.LeaveAsync(member);
        else await RefusedAsync(member);
    }

    /// <summary>Asks again, when the weeks before are closed: a final bill waits for what came late of an epoch that is not.</summary>
    public async Task SettledAsync()
    {
        foreach (string member in _left)
        {
            ExitReply? again = null;
            await Until.True(
                async () => (again = await grid.Answered(
                    $"the bill of {member}", door => door.Members.ExitAsync(new() { Coop = Charters.Coop, Member = member, Reason = "again" }).ResponseAsync)).BillNumber > 0,
                () => $"the final bill of {member}; last was {again}; {grid.Log}");
            Assert.True(again!.Repeated);
        }
    }

    private async Task RefusedAsync(string member)
    {
        var request = new AdmitRequest { Coop = Charters.Coop, Member = member, Key = $"after the exit {_keys++}", Units = 1 };
        for (int silo = 0; silo < 3; silo++)
        {
            AdmitReply reply = await grid.Answered($"{member}, which has left", door => door.Admission.AdmitAsync(request).ResponseAsync);
            Assert.True(reply.Outcome == Outcome.MemberExited, $"{member} has left and is answered {reply}.");
        }
    }
}
