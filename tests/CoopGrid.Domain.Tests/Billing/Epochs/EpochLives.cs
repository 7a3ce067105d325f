using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Tests.Billing.Epochs;

/// <summary>
/// Random lives of some members of one class over many epochs: they join at any time, use some epochs and are idle in others, give back, have
/// late usage reported within two slices, leave. Entries are made as a silo makes them, an epoch's beginning before the first that counts in it.
/// Beside the entries stands a plain list of what was used, one by one, which shares no code with the rules: <see cref="Expected"/> counts it.
/// </summary>
internal sealed class EpochLives
{
    private const int Late = 2;
    private static readonly int[] Multipliers = [900, 1000, 1001, 1500, 2225];
    private readonly Random _random;
    private readonly List<Person> _people = [];
    private int _version = 1;

    private EpochLives(int seed)
    {
        _random = new(seed);
        int length = _random.Next(1, 6);
        var window = new WindowPolicy { SliceMs = 1000, Slices = 5, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = length * 1000L } };
        var run = new EpochRun(window.Epoch, 20L * length, 0, 3);
        Plan = new(new() { Runs = [run], Until = 60L * length }, window, "UTC");
        First = run.FromSlice;
        End = First + (length * _random.Next(2, 7));
    }

    public EpochPlan Plan { get; }

    /// <summary>The first slice that counts.</summary>
    public long First { get; }

    /// <summary>The slice after the last one.</summary>
    public long End { get; }

    /// <summary>Everybody's entries, as they came.</summary>
    public List<(int Member, MemberEntry Entry)> Entries { get; } = [];

    public int Members => _people.Count;

    public static EpochLives Run(int seed, int actions)
    {
        var lives = new EpochLives(seed);
        for (int i = lives._random.Next(1, 6); i > 0; i--) lives._people.Add(new());

        // Some were there before anything counted.
        for (long slice = lives.First - 3; slice < lives.End; slice++)
        {
            if (lives._random.Next(4) == 0) lives._version++;
            for (int action = 0; action < actions; action++) lives.Act(lives._random.Next(lives._people.Count), slice);
        }

        return lives;
    }

    public MemberAccount Account(int member) => _people[member].Account;

    /// <summary>What the list says of an epoch, up to and with a slice.</summary>
    public MemberFigures Expected(int member, EpochSlices epoch, long slice)
    {
        Person person = _people[member];
        Use[] used = [.. person.Used.Where(use => use.Slice >= epoch.First && use.Slice < epoch.End)];
        var groups = used.Where(use => use.IsSurged && use.Multiplier > 1000).GroupBy(use => (use.Version, use.Multiplier)).OrderBy(group => group.Key);
        int slices = 0;
        for (long at = epoch.First; at < epoch.End && at <= slice; at++)
        {
            if (person.Joined <= at && at <= person.Left) slices++;
        }

        return new()
        {
            Units = used.Length,
            EnrolledSlices = slices,
            Surged = [.. groups.Select(group => new SurgedUnits(group.Key.Version, group.Key.Multiplier, group.Count()))],
        };
    }

    private void Act(int member, long slice)
    {
        Person person = _people[member];
        MemberAccount account = person.Account;
        if (account.Status == MemberStatus.Unknown)
        {
            if (_random.Next(3) == 0) Take(member, new Enrolled(1, At(slice), slice, _version, "homes", 5));
            return;
        }

        if (account.Status == MemberStatus.Exited) return;
        switch (_random.Next(12))
        {
            case 0 when _random.Next(4) == 0:
                Take(member, new StatusChanged(account.Sequence + 1, At(slice), slice, _version, MemberStatus.Exited, "moved"));
                person.Left = slice;
                break;
            case 1 or 2:
                GiveBack(member, slice);
                break;
            case 3 or 4:
                Report(member, slice);
                break;
            case < 8:
                Admit(member, slice);
                break;
            default:
                // Idle.
                break;
        }
    }

    private void Admit(int member, long slice)
    {
        Person person = _people[member];
        var covered = new Covered(_random.Next(3), 0, _random.Next(4), _random.Next(3), _random.Next(5));
        int multiplier = Multipliers[_random.Next(Multipliers.Length)];
        long sequence = person.Account.Sequence + 1;
        if (covered.Total == 0) return;
        Take(member, new Admitted(sequence, At(slice), slice, _version, $"k{sequence}", 0, "standard", multiplier, covered, 0, 0, 0, "relay"));
        long plain = covered.Total - covered.Surged;
        List<Use> uses = [.. Enumerable.Range(0, (int)covered.Total).Select(unit => new Use(slice, unit >= plain, multiplier, _version))];
        person.Used.AddRange(uses);
        person.Sent.Add(($"k{sequence}", slice, uses));
    }

    // What was used last of a send is given back first, and surged units are used last.
    private void GiveBack(int member, long slice)
    {
        Person person = _people[member];
        var open = person.Sent.Where(sent => sent.Uses.Count > 0 && sent.Slice >= Plan.ClosedBefore(slice)).ToArray();
        if (open.Length == 0) return;
        (string key, long used, List<Use> uses) = open[_random.Next(open.Length)];
        long before = person.Account.Keys.Find(key)!.ReturnedUnits;
        int back = _random.Next(1, uses.Count + 1);
        Take(member, new Cancelled(person.Account.Sequence + 1, At(slice), slice, _version, key, used, back, before + back));
        foreach (Use gone in uses[^back..]) person.Used.Remove(gone);
        uses.RemoveRange(uses.Count - back, back);
    }

    private void Report(int member, long slice)
    {
        Person person = _people[member];
        if (person.Account.Meter("meter") is null) Take(member, new MeterRegistered(person.Account.Sequence + 1, At(slice), slice, _version, "meter"));
        long[] slices = [.. Enumerable.Range(1, Late).Select(ago => slice - ago).Where(at => at >= person.Joined && _random.Next(2) == 0).Order()];
        if (slices.Length == 0) return;
        ReportedSlice[] reported = [.. slices.Select(at => new ReportedSlice(at, _random.Next(3), _random.Next(3), Multipliers[_random.Next(Multipliers.Length)]))];
        Take(member, new UsageReported(person.Account.Sequence + 1, At(slice), slice, _version, "meter", 1, 0, [.. reported]));
        foreach (ReportedSlice one in reported)
        {
            for (int unit = 0; unit < one.Units; unit++) person.Used.Add(new(one.Slice, unit >= one.BaselineUnits, one.MultiplierPermille, _version));
        }
    }

    private void Take(int member, MemberEntry entry)
    {
        Person person = _people[member];
        while (EpochCounting.ToBegin(person.Account, entry, Plan) is { } epoch)
        {
            Apply(member, new EpochBegan(entry.Sequence, entry.At, entry.Slice, entry.PolicyVersion, epoch, 0));
            entry = entry with { Sequence = entry.Sequence + 1 };
        }

        Apply(member, entry);
        if (entry is Enrolled) person.Joined = entry.Slice;

        // Now and then the account goes to a checkpoint and comes back.
        if (_random.Next(6) == 0) person.Account = Restored(person.Account);
    }

    private void Apply(int member, MemberEntry entry)
    {
        _people[member].Account.Apply(entry);
        Entries.Add((member, entry));
    }

    private static MemberAccount Restored(MemberAccount account)
    {
        MemberAccount restored = MemberAccount.Restore(account.Snapshot());
        foreach (Remembered key in account.Keys.OldestFirst()) restored.Keys.Remember(key.Admitted);
        foreach (Remembered key in account.Keys.GivenBack()) restored.Keys.GiveBack(key.Admitted.Key, key.ReturnedUnits);
        return restored;
    }

    private static Instant At(long slice) => Instant.FromUnixMs(slice * 1000);

    // By reference: two units may be alike.
    private sealed class Use(long slice, bool isSurged, int multiplier, int version)
    {
        public long Slice => slice;

        public bool IsSurged => isSurged;

        public int Multiplier => multiplier;

        public int Version => version;
    }

    private sealed class Person
    {
        public MemberAccount Account { get; set; } = new();

        public long Joined { get; set; } = long.MaxValue;

        public long Left { get; set; } = long.MaxValue;

        public List<Use> Used { get; } = [];

        public List<(string Key, long Slice, List<Use> Uses)> Sent { get; } = [];
    }
}
