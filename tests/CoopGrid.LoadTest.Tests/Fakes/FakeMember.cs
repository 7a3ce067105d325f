using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Tests.Fakes;

internal sealed class FakeMember(string name)
{
    public string Name => name;

    public long Total { get; set; }

    public long Window { get; set; }

    public bool Suspended { get; set; }

    public HashSet<string> Entitlements { get; } = [];

    public Member Show(long slice)
    {
        var member = new Member
        {
            Coop = FakeGrid.Coop,
            Member_ = name,
            Class = FakeGrid.Class,
            Status = Suspended ? MemberStatus.Suspended : MemberStatus.Active,
            TotalUnits = Total,
            WindowUsageUnits = Window,
            Slice = slice,
        };
        member.Entitlements.AddRange(Entitlements);
        return member;
    }
}

internal sealed class FakeMeter(string member)
{
    private ReportUsageRequest? _last;
    private long _end = long.MinValue;

    public string Member => member;

    public long Next { get; private set; } = 1;

    public ReportOutcome Judge(ReportUsageRequest report, long running) =>
        report.Sequence < Next ? (report.Equals(_last) ? ReportOutcome.Duplicate : ReportOutcome.SequenceConflict)
        : report.Sequence > Next ? ReportOutcome.Gap
        : report.Slices[0].Slice <= _end ? ReportOutcome.Overlap
        : report.Slices[^1].Slice >= running ? ReportOutcome.Future
        : ReportOutcome.Accepted;

    public void Take(ReportUsageRequest report)
    {
        (_last, _end) = (report, report.Slices[^1].Slice);
        Next++;
    }
}
