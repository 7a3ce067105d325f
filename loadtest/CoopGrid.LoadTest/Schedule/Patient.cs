namespace CoopGrid.LoadTest.Schedule;

/// <summary>Members whose messages can wait, as newsletters can: a part of a workload's members, in a group and a lane of their own.</summary>
internal static class Patient
{
    /// <summary>Their group.</summary>
    public const string Group = "patient";

    /// <summary>Whether a member is one: the same places in every workload.</summary>
    public static bool Is(int member, int permille) => (member * 7919L) % 1000 < permille;

    /// <summary>The workload with the messages of so many of a thousand members in the group, and in the lane. Nothing else changes.</summary>
    public static Workload Mark(Workload workload, int permille, string lane)
    {
        int place = Array.IndexOf(workload.Lanes, lane);
        string[] lanes = place < 0 ? [.. workload.Lanes, lane] : workload.Lanes;
        (byte group, byte at) = checked(((byte)workload.Groups.Length, (byte)(place < 0 ? lanes.Length - 1 : place)));
        return new(
            workload.Members,
            [.. workload.Groups, Group],
            lanes,
            [.. workload.Sends.Select(send => Is(send.Member, permille) ? send with { Group = group, Lane = at } : send)]);
    }
}
