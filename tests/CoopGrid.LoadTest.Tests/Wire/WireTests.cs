using CoopGrid.LoadTest.Ratio;
using CoopGrid.LoadTest.Tests.Fakes;
using CoopGrid.LoadTest.Wire;
using CoopGrid.Protocol.V1;
using Microsoft.AspNetCore.Builder;
using LoadWorkload = CoopGrid.LoadTest.Schedule.Workload;

namespace CoopGrid.LoadTest.Tests.Wire;

public sealed class WireTests
{
    [Fact]
    public async Task Every_call_is_a_real_admission_with_a_key_of_its_own()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        host.Grid.Enroll(LoadWorkload.Names("w-", 10));
        WireResult result = await Run(Options(host.Port, "w-"));
        Assert.True(result.Admitted > 0);
        Assert.Equal((0L, 0L, result.Answered), (result.Failed, result.Unanswered, result.Admitted));
        // Every answer is counted once: without warm-up, only what was under way at the end is charged and not counted.
        Assert.InRange(host.Grid.Decided, result.Admitted, result.Admitted + (2 * 8));
        Assert.Equal(host.Grid.Decided * 2, host.Grid.State().UsageUnits);
        Assert.All(host.Grid.List("", 100), member => Assert.True(member.TotalUnits > 0));
        Assert.Equal(result.Admitted, result.Latency.TotalCount);
    }

    [Fact]
    public async Task Refusals_are_counted_by_their_outcome()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        WireResult result = await Run(Options(host.Port, "nobody-"));
        Assert.True(result.Outcomes[(int)Outcome.MemberUnknown] > 0);
        Assert.Equal(0, result.Admitted);
    }

    [Fact]
    public async Task Statuses_are_failures()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        host.Grid.Enroll(LoadWorkload.Names("w-", 10));
        host.Grid.FailNext = int.MaxValue;
        WireResult result = await Run(Options(host.Port, "w-"));
        Assert.Equal(0, result.Answered);
        Assert.True(result.Failed > 0);
    }

    [Fact]
    public async Task Alternating_pairs_compare_the_echo_with_the_grid()
    {
        await using FakeHost host = await FakeHost.StartAsync();
        host.Grid.Enroll(LoadWorkload.Names("w-", 10));
        await using WebApplication echo = await EchoHost.StartAsync(0);
        // A processor time that grows by a second with each look.
        int looks = 0;
        var bare = new RatioServer(EchoHost.PortOf(echo), () => TimeSpan.FromSeconds(looks++));
        var run = new RatioRun(Options(host.Port, "w-"), bare, new RatioServer(host.Port), TimeProvider.System);
        IReadOnlyList<RatioPair> pairs = await Task.Run(() => run.Run(2, (_, _) => { }), TestContext.Current.CancellationToken);
        Assert.All(pairs, pair => Assert.True(pair.Ratio > 0 && pair.Echo.Failed == 0 && pair.Grid.Failed == 0));
        Assert.All(pairs, pair => Assert.Null(pair.Grid.ServerCpuMicrosPerCall));
        // Without warm-up, what ended and is not counted was under way at the end of the measured time.
        Assert.All(pairs, pair => Assert.InRange(
            pair.Echo.ServerCpuMicrosPerCall!.Value, 999_000.0 / (pair.Echo.Answered + (2 * 8)), 1_001_000.0 / pair.Echo.Answered));
        Assert.Equal(2.5, RatioResult.Median([4, 1, 2, 3]));
        Assert.Equal(3, RatioResult.Median([9, 3, 1]));
    }

    /// <summary>Fails with Kestrel's own limit of 100.</summary>
    [Fact]
    public async Task The_echo_takes_as_many_streams_of_a_connection_as_the_silo()
    {
        await using WebApplication echo = await EchoHost.StartAsync(0);
        WireResult result = await Run(Options(EchoHost.PortOf(echo), "w-") with { Connections = 1, Streams = 1024 });
        Assert.True(result.Admitted > 0);
        Assert.Equal((0L, 0L), (result.Failed, result.Unanswered));
        Assert.True(result.Calls >= result.Answered);
    }

    [Fact]
    public void A_dead_port_is_an_error() =>
        Assert.ThrowsAny<System.Net.Sockets.SocketException>(() => WireLoad.Run(Options(1, "w-"), TimeProvider.System));

    [Fact]
    public void The_status_is_found_among_other_trailers()
    {
        Assert.Equal(0, HeaderBlock.Status([0x20, 0x88, .. Literal("content-type", "application/grpc"), .. Literal("grpc-status", "0")]));
        Assert.Equal(14, HeaderBlock.Status([.. Literal("grpc-status", "14"), .. Literal("grpc-message", "away")]));
        Assert.Equal(HeaderBlock.None, HeaderBlock.Status([0x88, 0x0F, 0x0D, 0x01, (byte)'5']));
        Assert.Throws<InvalidDataException>(() => HeaderBlock.Status([0x00, 0x0B, (byte)'g']));
    }

    [Fact]
    public void The_outcome_is_read_however_the_answer_is_cut()
    {
        byte[] message = [0, 0, 0, 0, 4, 0x08, 14, 0x18, 3];
        for (int cut = 0; cut <= message.Length; cut++)
        {
            var slot = default(StreamSlot);
            slot.Take(message.AsSpan(0, cut));
            slot.Take(message.AsSpan(cut));
            Assert.Equal(14, slot.Outcome);
        }
    }

    private static byte[] Literal(string name, string value) =>
        [0x00, (byte)name.Length, .. System.Text.Encoding.ASCII.GetBytes(name), (byte)value.Length, .. System.Text.Encoding.ASCII.GetBytes(value)];

    private static Task<WireResult> Run(WireOptions options) =>
        Task.Run(() => WireLoad.Run(options, TimeProvider.System), TestContext.Current.CancellationToken);

    private static WireOptions Options(int port, string members) => new()
    {
        Port = port,
        Prototype = new() { Coop = FakeGrid.Coop, Member = members, Units = 2, Key = "t-" },
        Members = 10,
        Connections = 2,
        Streams = 8,
        WarmUp = TimeSpan.Zero,
        Measured = TimeSpan.FromMilliseconds(300),
    };
}
