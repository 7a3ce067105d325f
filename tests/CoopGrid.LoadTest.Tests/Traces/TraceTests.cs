using CoopGrid.LoadTest.Schedule;
using CoopGrid.LoadTest.Traces;

namespace CoopGrid.LoadTest.Tests.Traces;

public sealed class TraceTests
{
    private static readonly TraceOptions Options = new(Members: 10, Skew: 1, Speed: 1, Units: 1, Rows: 0, Seed: 7, Prefix: "m-", Lane: "");

    [Fact]
    public void Llm_requests_keep_their_gaps_and_count_their_tokens()
    {
        Workload workload = MessageTraces.AzureLlm(Text(
            "TIMESTAMP,ContextTokens,GeneratedTokens", "2023-11-16 18:15:46.6805900,374,44", "2023-11-16 18:15:50.9951690,396,109"),
            Options with { Units = 100 });
        Assert.Equal([0L, 4_314_579L], workload.Sends.Select(send => send.AtMicros));
        Assert.Equal([5L, 6L], workload.Sends.Select(send => send.Units));
        Assert.Equal("m-0000009", workload.Members[9]);
    }

    [Fact]
    public void Tweets_become_as_many_messages_spread_over_their_interval()
    {
        Workload workload = MessageTraces.Tweets(Text(
            "timestamp,value", "2015-02-26 21:42:53,57", "2015-02-26 21:47:53,0", "2015-02-26 21:52:53,3"), Options with { Speed = 60 });
        Assert.Equal(60, workload.Sends.Length);
        Assert.Equal(57, workload.Sends.Count(send => send.AtMicros < 5_000_000));
        Assert.All(workload.Sends[57..], send => Assert.True(send.AtMicros >= 9_000_000 && send.AtMicros < 15_000_000));
        Assert.True(workload.Sends.Zip(workload.Sends.Skip(1)).All(pair => pair.First.AtMicros <= pair.Second.AtMicros));
    }

    [Fact]
    public void The_same_seed_gives_the_same_members_and_another_gives_others()
    {
        string[] trace = ["timestamp,value", "2015-02-26 21:42:53,200"];
        Workload one = MessageTraces.Tweets(Text(trace), Options), same = MessageTraces.Tweets(Text(trace), Options);
        Workload other = MessageTraces.Tweets(Text(trace), Options with { Seed = 8 });
        Assert.Equal(one.Sends, same.Sends);
        Assert.NotEqual(one.Sends, other.Sends);
    }

    [Fact]
    public void Rows_may_be_left_out_at_the_beginning()
    {
        string[] trace = ["timestamp,value", "2015-02-26 21:42:53,200", "2015-02-26 21:47:53,3", "2015-02-26 21:52:53,5", "2015-02-26 21:57:53,7"];
        Assert.Equal(8, MessageTraces.Tweets(Text(trace), Options with { SkipRows = 1, Rows = 2 }).Sends.Length);
        Assert.Empty(MessageTraces.Tweets(Text(trace), Options with { SkipRows = 4 }).Sends);
    }

    [Fact]
    public void A_plain_trace_names_members_and_lanes_and_takes_seconds_or_dates()
    {
        Workload workload = MessageTraces.Plain(Text("timestamp,member,units,lane", "10.5,bob,2,bulk", "10,alice,3,critical", "11,bob,0,bulk"), Options);
        Assert.Equal(["bob", "alice"], workload.Members);
        Assert.Equal(["bulk", "critical"], workload.Lanes);
        Assert.Equal([new PlannedSend(0, 1, 0, 1, 3), new PlannedSend(500_000, 0, 0, 0, 2)], workload.Sends);
        Workload dated = MessageTraces.Plain(Text("timestamp,member,units", "2024-01-01T00:00:00Z,a,1", "2024-01-01 00:00:01,a,1"), Options);
        Assert.Equal(1_000_000, dated.LengthMicros);
    }

    [Fact]
    public void Homes_are_whole_watt_hours_added_up_by_slice()
    {
        string[] trace = ["t,month,hour,day_type,tou_price,home1,home2", "0,7,24,7,0.22,2.2758,0.0000", "1,8,1,1,0.22,0.8512,1.3707", "2,8,2,1,0.22,1.0005,0.0004"];
        HomesTrace hours = HomesTrace.Read(Text(trace));
        Assert.Equal(["home1", "home2"], hours.Homes);
        Assert.Equal([2276L, 0L], hours.WattHours[0]);
        Assert.Equal([1000L, 0L], hours.WattHours[2]);
        Assert.Equal([[3127L, 1371L], [1000L, 0L]], HomesTrace.Read(Text(trace), rowsPerSlice: 2).WattHours);
        Assert.Single(HomesTrace.Read(Text(trace), rows: 1).WattHours);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("timestamp,count\n1,2", "no column 'value'")]
    [InlineData("timestamp,value\n1,2\n2,x", "Line 3, value")]
    [InlineData("timestamp,value\nyesterday,1", "Line 2, timestamp")]
    [InlineData("timestamp,value\n5", "Line 2, value")]
    public void A_trace_that_cannot_be_read_names_the_place(string text, string expected)
    {
        TraceException error = Assert.Throws<TraceException>(() => MessageTraces.Tweets(new StringReader(text), Options));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static StringReader Text(params string[] lines) => new(string.Join('\n', lines) + "\n");
}
