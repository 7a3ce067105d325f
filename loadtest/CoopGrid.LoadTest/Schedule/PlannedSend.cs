namespace CoopGrid.LoadTest.Schedule;

/// <summary>One request that a run means to send.</summary>
/// <param name="AtMicros">When, in microseconds after the run's start. Latency counts from here.</param>
/// <param name="Member">Place in <see cref="Workload.Members"/>.</param>
/// <param name="Group">Place in <see cref="Workload.Groups"/>.</param>
/// <param name="Lane">Place in <see cref="Workload.Lanes"/>.</param>
/// <param name="Units">Above 0.</param>
internal readonly record struct PlannedSend(long AtMicros, int Member, byte Group, byte Lane, long Units);

/// <summary>All that a run will send, computed ahead: the same options and seed give the same workload.</summary>
/// <param name="Members">Names of members.</param>
/// <param name="Groups">What the members are in the play: steady, crowd, hogs, critical.</param>
/// <param name="Lanes">Names of lanes; empty is the class's own choice.</param>
/// <param name="Sends">In the order of their times.</param>
internal sealed record Workload(string[] Members, string[] Groups, string[] Lanes, PlannedSend[] Sends)
{
    /// <summary>The time of the last send.</summary>
    public long LengthMicros => Sends.Length == 0 ? 0 : Sends[^1].AtMicros;

    /// <summary>Names <c>prefix</c>0000000 and up: of one width, so that they sort by number.</summary>
    public static string[] Names(string prefix, int count) =>
        [.. Enumerable.Range(0, count).Select(i => $"{prefix}{i:D7}")];

    /// <summary>The sends in the order of their times; those of one moment keep their order.</summary>
    public static PlannedSend[] Ordered(IEnumerable<PlannedSend> sends) => [.. sends.OrderBy(send => send.AtMicros)];
}
