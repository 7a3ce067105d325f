using CoopGrid.LoadTest.Tests.Fakes;

namespace CoopGrid.LoadTest.Tests.Commands;

/// <summary>The exit codes of <c>coopgrid</c>: 0 admitted or done, 1 refused, 2 bad usage or no grid.</summary>
public sealed class CliTests
{
    [Theory]
    [InlineData(0, "admit", "town", "alice", "--units", "2", "--key", "a")]
    [InlineData(0, "quote", "town", "alice", "--json")]
    [InlineData(1, "admit", "town", "alice", "--lane", "closed")]
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
    [InlineData(0, "member", "enroll", "town", "people", "bob", "carol")]
    [InlineData(0, "member", "show", "town", "alice")]
    [InlineData(0, "member", "list", "town")]
    [InlineData(0, "member", "suspend", "town", "alice", "--reason", "test")]
    [InlineData(0, "member", "entitle", "town", "alice", "critical")]
    [InlineData(0, "member", "meter", "town", "alice", "m1")]
    [InlineData(1, "member", "show", "town", "nobody")]
    [InlineData(1, "report", "town", "m9", "1", "100=5")]
    [InlineData(2, "report", "town", "m9", "1", "100:5")]
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

    [Theory]
    [InlineData("not an address")]
    [InlineData("http://127.0.0.1:1")]
    public async Task Without_a_grid_it_is_2(string address) =>
        Assert.Equal(2, await Cli.CommandLine.RunAsync(["member", "show", "town", "alice", "--address", address]));
}
