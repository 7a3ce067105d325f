using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Bank;

/// <summary>A bank through gRPC (SPEC.md §8), on SQLite and across a crash.</summary>
[Collection(ProcessCollection.Name)]
public sealed class BankTests
{
    // Slices of a fifth of a second. A flood takes the price to its cap within a second; it falls as quickly.
    private static readonly string Charter = Charters.Of(
        [
            """
            "people": {
              "window": { "sliceMs": 200, "slices": 10, "epoch": { "kind": "fixed", "fixedMs": 3600000 } },
              "tariff": { "fixedFee": 1000, "rate": 1, "baselineUnits": 20 },
              "capacity": { "unitsPerSecond": 1000, "burstUnits": 2000, "maxRequestUnits": 100 },
              "price": { "controlPeriodMs": 100, "targetPermille": 20, "doublingPeriods": 1, "capPermille": 3000 },
              "bank": { "sharePermille": 1000, "capUnits": 50, "decayPermille": 100 } }
            """,
            """
            "guests": { "capacity": { "unitsPerSecond": 1000, "burstUnits": 2000, "maxRequestUnits": 50 } }
            """,
        ],
        [Charters.Member("alice", "people"), Charters.Member("flood", "people"), Charters.Member("gus", "guests")]);

    [Fact]
    public async Task What_is_saved_is_spent_while_the_price_is_up_and_outlives_a_crash()
    {
        await using var folder = new SiloFolder(Charter);
        SiloProcess silo = await folder.StartAsync();
        Member alice = await Member(silo, "alice");
        await Until.True(async () => (alice = await Member(silo, "alice")).Bank is { Held: 50 }, () => $"a full bank: {alice}");
        Assert.Null((await Member(silo, "gus")).Bank);

        // 20 of the baseline first; what is over it comes from the bank once the price is up.
        AdmitReply reply = await Until.Admitted(silo.Clients, Ask("alice", "baseline", 20));
        Assert.Equal(20, reply.Covered.Baseline);
        int sends = 0;
        await Until.True(
            async () =>
            {
                sends++;
                await Until.Asked(silo.Clients, Ask("flood", $"f{sends}", 100));
                return (reply = await Until.Admitted(silo.Clients, Ask("alice", $"a{sends}", 1))).Covered.Banked == 1;
            },
            () => $"a banked unit: {reply}");
        Assert.InRange(reply.MultiplierPermille, 1001, 3000);
        alice = await Member(silo, "alice");
        Assert.Equal((1, 0), (alice.Bank.Spent, alice.Bank.Decayed));
        Assert.Equal(alice.Bank.Saved, alice.Bank.Spent + alice.Bank.Held);

        await silo.KillAsync();
        silo = await folder.StartAsync();
        Member back = await Member(silo, "alice");
        Assert.Equal(1, back.Bank.Spent);
        Assert.InRange(back.Bank.Saved, alice.Bank.Saved, 51);
        Assert.Equal(1, (await silo.Clients.Admission.CancelAsync(new() { Coop = Charters.Coop, Member = "alice", Key = $"a{sends}" })).ReturnedUnits);
        Assert.Equal(0, (await Member(silo, "alice")).Bank.Spent);
    }

    private static AdmitRequest Ask(string member, string key, long units) => new() { Coop = Charters.Coop, Member = member, Key = key, Units = units };

    private static async Task<Member> Member(SiloProcess silo, string name) => await silo.Clients.Members.GetAsync(new() { Coop = Charters.Coop, Member = name });
}
