using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Durability;

/// <summary>Holds what callers were told against what the grid says, to the unit.</summary>
internal sealed class Books(SiloClients clients, History history, IReadOnlyCollection<HomeMeter> meters)
{
    private const int AtOnce = 500;

    /// <summary>Asks every key again, settles the cancels that were not answered, and compares members and classes.</summary>
    public async Task Check()
    {
        foreach (Send send in history.Sends.Where(send => send.ReturnAsked != send.ReturnTold)) await Settle(send);
        foreach (Send[] some in history.Sends.Chunk(AtOnce)) await AskAgain(some);
        history.AssertNoFault("Asking every key again");
        await CheckClass("people", FireCharter.PeopleNames, entitlements: 1);
        await CheckClass("firms", FireCharter.FirmNames, entitlements: 0);
        await CheckClass("homes", FireCharter.HomeNames, entitlements: 0);
    }

    private async Task Settle(Send send)
    {
        var request = new CancelRequest { Coop = Charters.Coop, Member = send.Member, Key = send.Key, Units = send.ReturnAsked };
        CancelReply reply = await clients.Admission.CancelAsync(request, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(send.ReturnAsked, reply.ReturnedUnits);
        send.ReturnTold = send.ReturnAsked;
        send.Returns++;
    }

    private async Task AskAgain(Send[] sends)
    {
        var batch = new AdmitBatchRequest();
        batch.Requests.AddRange(sends.Select(send => send.Request()));
        bool[] wasAdmitted = [.. sends.Select(send => send.IsAdmitted)];
        AdmitBatchReply reply = await clients.Admission.AdmitBatchAsync(batch, cancellationToken: TestContext.Current.CancellationToken);
        for (int i = 0; i < sends.Length; i++)
        {
            history.Tell(sends[i], reply.Replies[i], wasAdmitted[i]);
            bool isSpent = sends[i].ReturnTold == sends[i].Units;
            if (isSpent != (reply.Replies[i].Outcome == Outcome.KeyCancelled)) history.Fault($"{sends[i].Key}: {sends[i].ReturnTold} of {sends[i].Units} units were given back, and it is answered {reply.Replies[i]}");
            if (reply.Replies[i].Outcome == Outcome.Unavailable) history.Fault($"{sends[i].Key} is not decided: {reply.Replies[i]}");
        }
    }

    /// <summary>Members' totals are what was told; their entries are as many; S and N are theirs.</summary>
    private async Task CheckClass(string name, string[] members, int entitlements)
    {
        ILookup<string, Send> sends = history.Sends.Where(send => send.IsAdmitted).ToLookup(send => send.Member);
        long used = 0;
        foreach (string member in members)
        {
            Member account = await clients.Members.GetAsync(new() { Coop = Charters.Coop, Member = member }, cancellationToken: TestContext.Current.CancellationToken);
            HomeMeter? meter = meters.FirstOrDefault(meter => meter.Home == member);
            long told = sends[member].Sum(send => send.Charged) + (meter?.Accepted ?? 0);
            int entries = 1 + entitlements + sends[member].Sum(send => 1 + send.Returns) + (meter is null ? 0 : 1 + meter.Reports);
            Assert.True(told == account.TotalUnits, $"{member} was told {told} units, and its account holds {account.TotalUnits}");
            Assert.True(told == account.WindowUsageUnits, $"{member} was told {told} units, and its window holds {account.WindowUsageUnits}");

            // An epoch begins with the first use in it, and another one may begin while the test runs.
            int begun = sends[member].Any() || meter?.Reports > 0 ? 1 : 0;
            Assert.True(
                account.Sequence >= entries + begun && account.Sequence <= entries + (2 * begun),
                $"{member} was told of {entries} changes, and its account has {account.Sequence}, the beginning of an epoch included");
            used += told;
        }

        ClassState? state = null;
        await Until.True(
            async () =>
            {
                state = await clients.Classes.GetStateAsync(new() { Coop = Charters.Coop, Class = name });
                return state.UsageUnits == used && state.Members == members.Length;
            },
            () => $"S = {used} and N = {members.Length} in class {name}, which says S = {state!.UsageUnits}, N = {state.Members}");
    }
}
