using CoopGrid.LoadTest.Chaos.Judging;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Tests.Chaos;

/// <summary>A history put together call by call: an ADMITTED durable answer in the load, within a ms, unless it is said otherwise.</summary>
internal sealed class Told
{
    public const string Class = "people";

    private long _now;

    public List<CallRecord> Calls { get; } = [];

    public Told Add(
        string member, string key, long units = 1, Outcome told = Outcome.Admitted, bool replayed = false, CallKind kind = CallKind.Admit,
        CallPhase phase = CallPhase.Load, long returned = 0, long? asked = null, long? answered = null)
    {
        long from = asked ?? _now;
        _now = Math.Max(_now, answered ?? from + 1000) + 1000;
        Calls.Add(new(phase, kind, Class, member, key, units, 0, from, answered ?? from + 1000, told, replayed, returned));
        return this;
    }

    /// <summary>The review finds it charged.</summary>
    public Told Reviewed(string member, string key, long units = 1) => Add(member, key, units, replayed: true, phase: CallPhase.Review);

    public Told Cancel(string member, string key, long units, Outcome told = Outcome.Admitted, long? returned = null) =>
        Add(member, key, units, told, kind: CallKind.Cancel, returned: returned ?? units);

    /// <summary>Judges it against books of these members, whose windows are their totals.</summary>
    public IReadOnlyList<Violation> Against(params (string Member, long Units)[] members) => ChaosJudge.Judge(Calls, [Book(members)]);

    public static ClassBook Book(params (string Member, long Units)[] members) => new(
        Class, 1000, 100, members.Sum(member => member.Units), members.Length, true, 1,
        [.. members.Select(member => new MemberBook(member.Member, member.Units, member.Units))]);
}
