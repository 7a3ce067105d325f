using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Durability;

/// <summary>A co-op is founded once: the same charter changes nothing, another is ignored, and a founding that was broken off goes on.</summary>
[Collection(ProcessCollection.Name)]
public sealed class FoundingTests
{
    private const string Class = """ "people": { "tariff": { "baselineUnits": 7 }, "capacity": { "unitsPerSecond": 100000, "burstUnits": 200000, "maxRequestUnits": 50 } } """;

    private static readonly string Charter = Charters.Of([Class], [Charters.Member("alice", "people"), Charters.Member("bob", "people")]);

    /// <summary>Seen to fail with a founded co-op taking every charter for another one. Founding it again passes: each step is harmless to repeat.</summary>
    [Fact]
    public async Task The_same_charter_changes_nothing()
    {
        await using var folder = new SiloFolder(Charter);
        SiloProcess silo = await folder.StartAsync();
        await Until.Admitted(silo.Clients, new() { Coop = Charters.Coop, Sender = "at alice", Units = 3, Key = "k" });
        Member before = await Get(silo, "alice");
        ClassPolicyReply policy = await Policy(silo);
        silo.Terminate();
        Assert.Equal(0, await silo.ExitAsync());

        silo = await folder.StartAsync();
        Assert.Equal(before, await Get(silo, "alice"));
        Assert.Equal(policy, await Policy(silo));
        Assert.DoesNotContain("is ignored", silo.Log, StringComparison.Ordinal);
    }

    /// <summary>Seen to fail (no warning) with Complete not looked at, and with the charters not compared.</summary>
    [Fact]
    public async Task Another_charter_is_ignored_with_a_warning()
    {
        await using var folder = new SiloFolder(Charter);
        SiloProcess silo = await folder.StartAsync();
        Member before = await Get(silo, "alice");
        ClassPolicyReply policy = await Policy(silo);
        await silo.KillAsync();

        folder.UseCharter(Charters.Of([Class.Replace("100000", "5", StringComparison.Ordinal)], [Charters.Member("carol", "people")]));
        silo = await folder.StartAsync();
        Assert.Contains("is ignored", silo.Log, StringComparison.Ordinal);
        Assert.Equal(before, await Get(silo, "alice"));
        Assert.Equal(policy, await Policy(silo));
        ListMembersReply members = await silo.Clients.Members.ListAsync(new() { Coop = Charters.Coop });
        Assert.Equal(["alice", "bob"], members.Members.Select(member => member.Member_));
    }

    /// <summary>Seen to fail with a founding that was begun taken for done (302 of 3,000 members), and with Enroll repeated (two entries).</summary>
    [Fact]
    public async Task A_founding_that_was_killed_goes_on_where_it_was()
    {
        // So many that the founding takes a while.
        string[] names = [.. Enumerable.Range(0, 3000).Select(i => $"member {i:D4}")];
        await using var folder = new SiloFolder(Charters.Of([Class], names.Select(name => Charters.Member(name, "people"))));
        SiloProcess silo = folder.Launch();
        await Until.True(() => Enrolled(folder) > names.Length / 10, "a tenth of the members");
        await silo.KillAsync();
        long enrolled = Enrolled(folder);
        Assert.True(enrolled < names.Length, "The founding was over before the kill.");

        silo = await folder.StartAsync();
        Assert.Equal(names.Length, Enrolled(folder));
        foreach (string name in (string[])[names[0], names[(int)enrolled - 1], names[(int)enrolled], names[^1]])
        {
            Member member = await Get(silo, name);
            Assert.Equal((MemberStatus.Active, 1L), (member.Status, member.Sequence));
            Assert.Equal([$"at {name}"], member.Senders);
        }

        await Until.True(
            async () => (await silo.Clients.Classes.GetStateAsync(new() { Coop = Charters.Coop, Class = "people" })).Members == names.Length,
            () => $"N = {names.Length}");
        Assert.DoesNotContain("is ignored", silo.Log, StringComparison.Ordinal);
    }

    private static long Enrolled(SiloFolder folder)
    {
        if (!File.Exists(folder.Ledger) || StoredFiles.Run(folder.Ledger, "SELECT 1 FROM sqlite_master WHERE name = 'member'") is null) return 0;
        return (long)StoredFiles.Run(folder.Ledger, "SELECT count(*) FROM member")!;
    }

    private static async Task<Member> Get(SiloProcess silo, string member) =>
        await silo.Clients.Members.GetAsync(new() { Coop = Charters.Coop, Member = member });

    private static async Task<ClassPolicyReply> Policy(SiloProcess silo) =>
        await silo.Clients.Classes.GetPolicyAsync(new() { Coop = Charters.Coop, Class = "people" });
}
