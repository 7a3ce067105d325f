using CoopGrid.LoadTest.Tests.Fakes;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Tests.Commands;

/// <summary>The exit codes of <c>coopgrid</c>: 0 admitted or done, 1 refused, 2 bad usage or no grid.</summary>
public sealed class CliTests
{
    [Theory]
    [InlineData(0, "admit", "town", "alice", "--units", "2", "--key", "a")]
    [InlineData(0, "quote", "town", "alice", "--json")]
    [InlineData(1, "admit", "town", "alice", "--lane", "closed")]
    [InlineData(1, "admit", "town", "alice", "--lane", "closed", "--defer-until", "2027-01-15T08:00Z")]
    [InlineData(0, "admit", "town", "alice", "--defer-until", "2027-01-15T08:00Z")]
    [InlineData(2, "admit", "town", "alice", "--defer-until", "later")]
    [InlineData(1, "quote", "town", "alice", "--lane", "closed", "--defer-until", "2027-01-15T08:00Z", "--json")]
    [InlineData(1, "admit", "town", "alice", "--ticket", "1796151661-7")]
    [InlineData(1, "admit", "town", "nobody")]
    [InlineData(1, "cancel", "town", "alice", "--key", "never")]
    [InlineData(2, "cancel", "town", "alice")]
    [InlineData(2, "admit", "town")]
    [InlineData(2, "admit", "town", "alice", "--dim", "bytes:3")]
    [InlineData(0, "class", "show", "town", "people")]
    [InlineData(1, "class", "show", "town", "nobody")]
    [InlineData(0, "class", "policy", "town", "people", "--json")]
    [InlineData(0, "class", "history", "town", "people")]
    [InlineData(2, "class", "policy", "town", "people", "--set", "policy.json")]
    [InlineData(0, "proposal", "make", "town", "More", "--by", "alice", "--why", "The cable is there.", "--class", "people", "--policy", "{file}")]
    [InlineData(0, "proposal", "make", "town", "Slower", "--by", "alice", "--why", "Time to read.", "--rules", "{file}", "--json")]
    [InlineData(2, "proposal", "make", "town", "More", "--by", "alice", "--why", "The cable is there.", "--class", "people")]
    [InlineData(2, "proposal", "make", "town", "More", "--by", "alice", "--why", "The cable is there.", "--class", "people", "--policy", "none.json")]
    [InlineData(2, "proposal", "make", "town", "More", "--class", "people", "--policy", "{file}")]
    [InlineData(0, "proposal", "make", "town", "A bench", "--by", "alice", "--why", "For all.", "--spend", "12.5", "--to", "the park")]
    [InlineData(2, "proposal", "make", "town", "A bench", "--by", "alice", "--why", "For all.", "--spend", "12.5")]
    [InlineData(2, "proposal", "make", "town", "A bench", "--by", "alice", "--why", "For all.", "--spend", "much", "--to", "the park")]
    [InlineData(0, "proposal", "show", "town", "p-1")]
    [InlineData(1, "proposal", "show", "town", "p-9")]
    [InlineData(0, "proposal", "list", "town")]
    [InlineData(0, "proposal", "vote", "town", "p-1", "alice", "for")]
    [InlineData(1, "proposal", "vote", "town", "p-1", "voted", "against")]
    [InlineData(2, "proposal", "vote", "town", "p-1", "alice", "perhaps")]
    [InlineData(0, "proposal", "cancel", "town", "p-1", "--by", "alice", "--reason", "A mistake.")]
    [InlineData(1, "proposal", "queue", "town", "p-1", "--by", "alice")]
    [InlineData(1, "proposal", "execute", "town", "p-1", "--by", "alice")]
    [InlineData(0, "proposal", "rules", "town")]
    [InlineData(0, "emergency", "suspend", "town", "alice", "--by", "op", "--reason", "a flood", "--until", "2027-01-15T08:00Z")]
    [InlineData(1, "emergency", "suspend", "town", "nobody", "--by", "op", "--reason", "a flood", "--until", "2027-01-15T08:00Z")]
    [InlineData(2, "emergency", "suspend", "town", "alice", "--by", "op", "--reason", "a flood")]
    [InlineData(2, "emergency", "suspend", "town", "alice", "--by", "op", "--reason", "a flood", "--until", "soon")]
    [InlineData(0, "emergency", "cap", "town", "people", "1500", "--by", "op", "--reason", "a storm", "--until", "2027-01-15T08:00Z")]
    [InlineData(0, "emergency", "guarantee", "town", "people", "critical", "300", "--by", "op", "--reason", "a fire", "--until", "2027-01-15T08:00Z", "--json")]
    [InlineData(0, "emergency", "lift", "town", "1", "--by", "op", "--reason", "over")]
    [InlineData(1, "emergency", "lift", "town", "2", "--by", "op", "--reason", "over")]
    [InlineData(0, "emergency", "list", "town")]
    [InlineData(0, "member", "enroll", "town", "people", "bob", "carol")]
    [InlineData(0, "member", "show", "town", "alice")]
    [InlineData(0, "member", "list", "town")]
    [InlineData(0, "member", "suspend", "town", "alice", "--reason", "test")]
    [InlineData(0, "member", "exit", "town", "alice", "--reason", "moved")]
    [InlineData(1, "member", "exit", "town", "nobody")]
    [InlineData(0, "member", "entitle", "town", "alice", "critical")]
    [InlineData(0, "member", "meter", "town", "alice", "m1")]
    [InlineData(1, "member", "show", "town", "nobody")]
    [InlineData(0, "bill", "projected", "town", "alice")]
    [InlineData(1, "bill", "projected", "town", "nobody")]
    [InlineData(1, "report", "town", "m9", "1", "100=5")]
    [InlineData(2, "report", "town", "m9", "1", "100:5")]
    [InlineData(0, "market", "slots", "town", "people", "--from", "2026-12-01", "--limit", "3")]
    [InlineData(0, "market", "slot", "town", "people", "2027-01-15T08:00Z")]
    [InlineData(1, "market", "slot", "town", "nobody", "2027-01-15T08:00Z")]
    [InlineData(2, "market", "slot", "town", "people", "tomorrow")]
    [InlineData(0, "market", "bid", "town", "alice", "1800000000000", "100", "50", "--replaces", "2")]
    [InlineData(2, "market", "bid", "town", "alice", "1800000000000", "100")]
    [InlineData(0, "market", "withdraw", "town", "alice", "1800000000000", "2")]
    [InlineData(1, "market", "withdraw", "town", "alice", "1800000000000", "3")]
    [InlineData(0, "market", "cancel", "town", "alice", "1800000000000")]
    [InlineData(1, "market", "buy", "town", "alice", "1800000000000", "100")]
    [InlineData(0, "market", "reservation", "town", "alice", "1800000000000")]
    [InlineData(0, "bill", "list", "town")]
    [InlineData(0, "bill", "list", "town", "--member", "alice", "--json")]
    [InlineData(0, "bill", "show", "town", "1")]
    [InlineData(0, "bill", "show", "town", "1", "--json")]
    [InlineData(1, "bill", "show", "town", "9")]
    [InlineData(0, "bill", "export", "town", "--format", "json")]
    [InlineData(2, "bill", "export", "town", "--format", "xml")]
    [InlineData(0, "bill", "closing", "town", "people", "--epoch", "7", "--watch")]
    [InlineData(1, "bill", "closing", "town", "nobody")]
    [InlineData(0, "bill", "balances", "town")]
    [InlineData(0, "bill", "balances", "town", "alice", "--json")]
    [InlineData(0, "credit", "town", "alice", "12.5", "--source", "payment", "--reason", "transfer")]
    [InlineData(1, "credit", "town", "nobody", "12.5", "--source", "refund", "--reason", "outage")]
    [InlineData(2, "credit", "town", "alice", "0", "--source", "payment", "--reason", "transfer")]
    [InlineData(2, "credit", "town", "alice", "0.0000001", "--source", "payment", "--reason", "transfer")]
    [InlineData(2, "credit", "town", "alice", "-1", "--source", "payment", "--reason", "transfer")]
    [InlineData(2, "credit", "town", "alice", "1", "--source", "gift", "--reason", "birthday")]
    [InlineData(2, "credit", "town", "alice", "1", "--source", "payment")]
    public async Task The_exit_code_says_what_became_of_it(int expected, params string[] args)
    {
        await using FakeHost host = await FakeHost.StartAsync();
        host.Grid.Enroll(["alice"]);
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "{}", TestContext.Current.CancellationToken);
        string[] named = [.. args.Select(arg => arg == "{file}" ? file : arg)];
        Assert.Equal(expected, await Cli.CommandLine.RunAsync([.. named, "--address", $"{host.Address}"]));
        File.Delete(file);
    }

    [Fact]
    public async Task A_slot_is_named_by_the_time_of_its_start()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        await Cli.CommandLine.RunAsync(["market", "bid", "town", "alice", "2027-01-15T09:00+01:00", "100", "50", "-k", "a", "--address", $"{host.Address}"]);
        PlaceBidRequest expected = new() { Coop = "town", Member = "alice", SlotStartsUnixMs = 1_800_000_000_000, Key = "a", UnitsPerSecond = 100, UnitPrice = 50 };
        Assert.Equal(expected, host.Grid.LastBid);
    }

    /// <summary>From DEFERRED to ADMITTED as docs/deferral.md has it. Seen to fail with the deadline left out of what is asked.</summary>
    [Fact]
    public async Task A_deadline_gets_a_ticket_and_the_ticket_is_redeemed()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        host.Grid.Enroll(["alice"]);
        host.Grid.Tickets.Ahead = TimeSpan.Zero;
        string[] bulk = ["admit", "town", "alice", "-u", "50", "--lane", "closed", "--address", $"{host.Address}"];
        Assert.Equal(1, await Cli.CommandLine.RunAsync([.. bulk, "--key", "mail-17", "--defer-until", "2027-01-15T09:00+01:00"]));
        AdmitRequest expected = new() { Coop = "town", Member = "alice", Units = 50, Lane = "closed", Key = "mail-17", DeferUntilUnixMs = 1_800_000_000_000 };
        Assert.Equal(expected, host.Grid.LastAsked);
        Assert.Equal(0, await Cli.CommandLine.RunAsync([.. bulk, "--key", "mail-17/ticket", "--ticket", "ticket 1"]));
        Assert.Equal(1, await Cli.CommandLine.RunAsync([.. bulk, "--key", "another", "--ticket", "ticket 1"]));
        Assert.Equal(50, host.Grid.State().UsageUnits);
    }

    [Theory]
    [InlineData("not an address")]
    [InlineData("http://127.0.0.1:1")]
    public async Task Without_a_grid_it_is_2(string address) =>
        Assert.Equal(2, await Cli.CommandLine.RunAsync(["member", "show", "town", "alice", "--address", address]));
}
