using CoopGrid.Client;
using CoopGrid.LoadTest.Tests.Fakes;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Tests.Client;

public sealed class AdmissionStreamTests
{
    [Fact]
    public async Task Every_caller_gets_its_own_answer()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = CoopGridClientTests.Enrolled(host);
        await using AdmissionStream stream = client.OpenStream();
        AdmissionAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i =>
            stream.AdmitAsync(CoopGridClientTests.Ask($"k{i}", i % 10 == 0 ? "closed" : ""))));
        for (int i = 0; i < answers.Length; i++)
            Assert.Equal(i % 10 == 0 ? Outcome.CapacityExceeded : Outcome.Admitted, answers[i].Outcome);
        Assert.Equal(900, host.Grid.Decided);
    }

    [Fact]
    public async Task Unknown_items_are_asked_again_and_charged_once()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        using CoopGridClient client = CoopGridClientTests.Enrolled(host);
        host.Grid.FailNext = 5;
        host.Grid.LoseNext = 5;
        await using AdmissionStream stream = client.OpenStream();
        AdmissionAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => stream.AdmitAsync(CoopGridClientTests.Ask($"k{i}"))));
        Assert.All(answers, answer => Assert.Equal(Outcome.Admitted, answer.Outcome));
        Assert.Equal(150, host.Grid.State().UsageUnits);
    }

    [Fact]
    public async Task A_stream_finds_the_living_address()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        host.Grid.Enroll(["alice"]);
        using var client = new CoopGridClient(new() { Addresses = [new("http://127.0.0.1:1"), host.Address], Deadline = TimeSpan.FromSeconds(20) });
        await using AdmissionStream stream = client.OpenStream();
        Assert.Equal(Outcome.Admitted, (await stream.AdmitAsync(CoopGridClientTests.Ask("k"))).Outcome);
    }

    /// <summary>Seen to fail (all asked at the first) with Homes.Learn left out of AdmissionStream.Answered.</summary>
    [Fact]
    public async Task Members_are_asked_for_at_home()
    {
        await using FakeHost first = await FakeHost.StartAsync();
        await using FakeHost home = await FakeHost.StartAsync();
        home.Grid.Enroll(["alice"]);
        first.Grid.Homes["alice"] = home.Address;
        using CoopGridClient client = CoopGridClientTests.Enrolled(first);
        await using AdmissionStream stream = client.OpenStream();
        Assert.Equal(Outcome.Admitted, (await stream.AdmitAsync(CoopGridClientTests.Ask("k"))).Outcome);
        AdmissionAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => stream.AdmitAsync(CoopGridClientTests.Ask($"k{i}"))));
        Assert.All(answers, answer => Assert.Equal(Outcome.Admitted, answer.Outcome));
        Assert.Equal((1, 1000), (first.Grid.Decided, home.Grid.Decided));
    }

    /// <summary>Seen to fail (708 of 1,000 UNAVAILABLE at the deadline) with Homes.Failed left out of AdmissionStream.</summary>
    [Fact]
    public async Task When_a_home_dies_its_members_are_asked_for_elsewhere()
    {
        await using FakeHost first = await FakeHost.StartAsync();
        FakeHost home = await FakeHost.StartAsync();
        home.Grid.Enroll(["alice"]);
        first.Grid.Homes["alice"] = home.Address;
        using CoopGridClient client = CoopGridClientTests.Enrolled(first);
        await using AdmissionStream stream = client.OpenStream();
        await stream.AdmitAsync(CoopGridClientTests.Ask("k"));
        await stream.AdmitAsync(CoopGridClientTests.Ask("at-home"));
        Task<AdmissionAnswer>[] asked = [.. Enumerable.Range(0, 1000).Select(i => stream.AdmitAsync(CoopGridClientTests.Ask($"k{i}")))];
        await home.DisposeAsync();
        Assert.All(await Task.WhenAll(asked), answer => Assert.Equal(Outcome.Admitted, answer.Outcome));
    }

    [Fact]
    public async Task Without_any_grid_the_answer_is_unavailable_at_the_deadline()
    {
        using var client = new CoopGridClient(new() { Addresses = [new("http://127.0.0.1:1")], Deadline = TimeSpan.FromMilliseconds(200) });
        await using AdmissionStream stream = client.OpenStream();
        Assert.Equal(Outcome.Unavailable, (await stream.AdmitAsync(CoopGridClientTests.Ask("k"))).Outcome);
    }
}
