using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.BadInput;
using CoopGrid.Silo.Tests.Ledger.Postgres;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.Governance;

/// <summary>What an operator does alone and what a member does last, over the wire, on both stores and across a death of the silo.</summary>
[Collection(ProcessCollection.Name)]
public sealed class EmergencyTests : IDisposable
{
    private static readonly string Charter = Charters.Of(
        ["\"people\": { \"tariff\": { \"fixedFee\": 5000000 }, \"capacity\": { \"unitsPerSecond\": 1000, \"burstUnits\": 10000, \"maxRequestUnits\": 50 } }"],
        [Charters.Member("ann", "people"), Charters.Member("bob", "people")]);

    private readonly Lazy<PostgresStores> _postgres = new(PostgresStores.Empty);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_suspension_outlives_the_silo_and_ends_when_it_is_lifted(bool postgres)
    {
        await using SiloFolder folder = Folder(postgres);
        SiloProcess silo = await folder.StartAsync();
        await Until.Admitted(silo.Clients, QuietSilo.Ask("ann"));
        long ends = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeMilliseconds();
        DeclareEmergencyRequest request = Suspension(ends);
        EmergencyReply declared = await silo.Clients.Governance.DeclareEmergencyAsync(request);
        Assert.Equal((EmergencyOutcome.Accepted, 1, true), (declared.Outcome, declared.Action.Number, declared.Action.InForce));
        await Answers(silo, "ann", Outcome.MemberSuspended);
        Assert.Equal(MemberStatus.Suspended, (await silo.Clients.Members.GetAsync(new() { Coop = Charters.Coop, Member = "ann" })).Status);
        await Answers(silo, "bob", Outcome.Admitted);
        await End(silo, postgres);

        silo = await folder.StartAsync();
        await Answers(silo, "ann", Outcome.MemberSuspended);
        Assert.Equal(EmergencyOutcome.Unchanged, (await silo.Clients.Governance.DeclareEmergencyAsync(request)).Outcome);
        EmergencyReply lifted = await silo.Clients.Governance.LiftEmergencyAsync(
            new() { Coop = Charters.Coop, Number = 1, By = "olga", AsOperator = true, Reason = "a mistake" });
        Assert.Equal(("a mistake", false), (lifted.Action.LiftReason, lifted.Action.InForce));
        await Answers(silo, "ann", Outcome.Admitted);
        EmergencyAction listed = Assert.Single((await silo.Clients.Governance.ListEmergenciesAsync(new() { Coop = Charters.Coop })).Actions);
        Assert.Equal(("ann", "a flood", "olga", ends > listed.EndsUnixMs), (listed.SuspendMember.Member, listed.Reason, listed.DeclaredBy, true));

        await QuietSilo.Fails(StatusCode.NotFound, silo.Clients.Governance.LiftEmergencyAsync(new() { Coop = Charters.Coop, Number = 9, By = "o", AsOperator = true, Reason = "r" }));
        await QuietSilo.Fails(StatusCode.InvalidArgument, silo.Clients.Governance.DeclareEmergencyAsync(new() { Coop = Charters.Coop, By = "o", Reason = "r", EndsUnixMs = ends }));
        await QuietSilo.Fails(StatusCode.InvalidArgument, silo.Clients.Governance.DeclareEmergencyAsync(Suspension(1)));
        await QuietSilo.Fails(StatusCode.NotFound, silo.Clients.Governance.ListEmergenciesAsync(new() { Coop = "nowhere" }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_leaves_has_one_final_bill_and_is_not_admitted_any_more(bool postgres)
    {
        await using SiloFolder folder = Folder(postgres);
        SiloProcess silo = await folder.StartAsync();
        await Until.Admitted(silo.Clients, QuietSilo.Ask("ann", units: 40));
        ExitReply left = new();
        await Until.True(async () => (left = await Exit(silo)).BillNumber > 0, () => "an exit");
        Assert.Equal((1, MemberStatus.Exited, "0"), (left.BillNumber, left.Member.Status, $"{left.Member.WindowUsageUnits}"));
        await Answers(silo, "ann", Outcome.MemberExited);
        await End(silo, postgres);

        silo = await folder.StartAsync();
        await Answers(silo, "ann", Outcome.MemberExited);
        await Answers(silo, "bob", Outcome.Admitted);
        await Until.True(async () => (await State(silo)).Members == 1, () => "a class without the member that left");
        ExitReply again = await Exit(silo);
        Assert.Equal((1, true), (again.BillNumber, again.Repeated));
        Bill bill = (await silo.Clients.Billing.GetBillAsync(new() { Coop = Charters.Coop, Number = 1 })).Bill;
        Assert.Equal("ann", bill.Member);
        Assert.Equal(1, (await silo.Clients.Billing.GetBalancesAsync(new() { Coop = Charters.Coop })).LastBill);
        Member member = await silo.Clients.Members.GetAsync(new() { Coop = Charters.Coop, Member = "ann" });
        Assert.Empty(member.Senders);
        await QuietSilo.Fails(StatusCode.NotFound, silo.Clients.Members.ExitAsync(new() { Coop = Charters.Coop, Member = "zoe" }));
        await QuietSilo.Fails(StatusCode.FailedPrecondition, silo.Clients.Members.EnrollAsync(new() { Coop = Charters.Coop, Member = "ann", Class = "people" }));
    }

    public void Dispose()
    {
        if (_postgres.IsValueCreated) _postgres.Value.Dispose();
    }

    private static DeclareEmergencyRequest Suspension(long ends) => new()
    {
        Coop = Charters.Coop,
        By = "olga",
        AsOperator = true,
        Reason = "a flood",
        EndsUnixMs = ends,
        SuspendMember = new() { Member = "ann" },
    };

    // The silo may not have heard of the running epoch yet.
    private static async Task<ExitReply> Exit(SiloProcess silo)
    {
        try
        {
            return await silo.Clients.Members.ExitAsync(new() { Coop = Charters.Coop, Member = "ann", Reason = "moved" });
        }
        catch (RpcException unknown) when (unknown.StatusCode == StatusCode.Unavailable)
        {
            return new();
        }
    }

    private static async Task<ClassState> State(SiloProcess silo) => await silo.Clients.Classes.GetStateAsync(new() { Coop = Charters.Coop, Class = "people" });

    private static async Task Answers(SiloProcess silo, string member, Outcome expected)
    {
        AdmitReply? reply = null;
        await Until.True(async () => (reply = await Until.Asked(silo.Clients, QuietSilo.Ask(member)))?.Outcome == expected, () => $"{expected} for {member}, not {reply}");
    }

    private SiloFolder Folder(bool postgres)
    {
        var folder = new SiloFolder(Charter);
        if (!postgres) return folder;
        folder.Settings["CoopGrid__Storage"] = "postgres";
        folder.Settings["CoopGrid__ConnectionString"] = _postgres.Value.ConnectionString;
        return folder;
    }

    // Of a cluster's only silo nobody could say that it is dead: its successor would wait for it for minutes.
    private static async Task End(SiloProcess silo, bool isCluster)
    {
        if (!isCluster)
        {
            await silo.KillAsync();
            return;
        }

        silo.Terminate();
        Assert.Equal(0, await silo.ExitAsync());
    }
}
