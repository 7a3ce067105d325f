using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>Goes through a history's whole log, deleted segments too, and through all that callers were told.</summary>
internal sealed class SimJudge
{
    private readonly SimCluster _cluster;
    private readonly SimCallers _callers;
    private readonly ClassPolicy _policy;
    private readonly List<Violation> _found = [];
    private readonly List<Entry> _entries;
    private readonly Dictionary<MemberId, MemberAccount> _accounts = [];

    public SimJudge(SimCluster cluster, SimCallers callers, ClassPolicy policy)
    {
        (_cluster, _callers, _policy) = (cluster, callers, policy);
        _entries = [.. EntriesOf(cluster.Store)];
        Fold();
    }

    /// <summary>Every entry ever committed, in the order of commits.</summary>
    public IReadOnlyList<Entry> Entries => _entries;

    public IReadOnlyList<Violation> Judge()
    {
        _found.AddRange(_cluster.Store.Violations);
        Sealed();
        Answers();
        Capacity();
        ClosedSlices();
        return _found;
    }

    /// <summary>The newest slice of any account. Accounts keep a window only: what S was before it they no longer know.</summary>
    public long NewestSlice => _accounts.Values.Select(account => account.Window?.Newest ?? long.MinValue).DefaultIfEmpty(long.MinValue).Max();

    /// <summary>S at a slice from <see cref="NewestSlice"/> on, as the log has it.</summary>
    public long UsageAt(long slice) => _accounts.Values.Sum(account => account.UsageAt(slice));

    /// <summary>L5: what a class shows is the fold of the log. False with what is off.</summary>
    public string? Differs(ClassState state)
    {
        long usage = UsageAt(state.Slice);
        return state.UsageUnits == usage && state.Members == _accounts.Count
            ? null
            : $"the class holds S {state.UsageUnits} and N {state.Members} at slice {state.Slice}, the log {usage} and {_accounts.Count}";
    }

    /// <summary>§10: S and M of every epoch that has begun are the sums of the members' units and slices. False with what is off.</summary>
    public string? Differs(IReadOnlyList<ClassEpochFigures> epochs)
    {
        if (epochs.Count == 0) return "the class shows no epoch";
        foreach (ClassEpochFigures shown in epochs)
        {
            var epoch = new EpochSlices(shown.Number, shown.FirstSlice, shown.EndSlice);
            MemberFigures[] members = [.. _accounts.Values.Select(account => account.FiguresOf(epoch, epoch.End - 1)!)];
            (long units, long slices) = (members.Sum(member => member.Units), members.Sum(member => member.EnrolledSlices));
            if ((shown.UsageUnits, shown.MemberSlices) != (units, slices))
                return $"the class holds S {shown.UsageUnits} and M {shown.MemberSlices} of epoch {shown.Number}, the log {units} and {slices}";
        }

        return null;
    }

    /// <summary>L3: what a member shows is the fold of its entries.</summary>
    public string? Differs(MemberState state)
    {
        MemberAccount account = _accounts.GetValueOrDefault(state.Member) ?? new();
        return state.Sequence == account.Sequence && state.TotalUnits == account.TotalUnits
            ? null
            : $"{state.Member} shows {state.TotalUnits} units at entry {state.Sequence}, the log {account.TotalUnits} at {account.Sequence}";
    }

    private static IEnumerable<Entry> EntriesOf(SimStore store)
    {
        for (int i = 0; i < store.Log.Count; i++)
        {
            Committed segment = store.Log[i];
            foreach (LedgerEntry entry in SegmentReader.Read(new(segment.Producer, segment.Position, segment.Bytes)).Entries)
                yield return new(entry.Member, MemberEntryCodec.Decode(entry.Bytes.Span), segment.Producer, i, segment.At);
        }
    }

    private void Sealed()
    {
        for (int i = 0; i < _cluster.Store.Log.Count; i++)
        {
            Committed segment = _cluster.Store.Log[i];
            if (_cluster.Store.SealedAt.TryGetValue(segment.Producer, out int at) && i >= at)
                Found("L2", $"producer {segment.Producer} committed {segment.Position} after its seal");
        }
    }

    // One writer: a member's entries follow each other without gap or fork, whichever producers they are of.
    private void Fold()
    {
        foreach (Entry entry in _entries)
        {
            if (!_accounts.TryGetValue(entry.Member, out MemberAccount? account)) _accounts[entry.Member] = account = new();
            if (entry.What.Sequence != account.Sequence + 1)
            {
                Found("L4", $"{entry.Member}: entry {entry.What.Sequence} of producer {entry.Producer} was committed after {account.Sequence}");
                continue;
            }

            try
            {
                account.Apply(entry.What);
            }
            catch (Exception impossible) when (impossible is ArgumentException or InvalidOperationException or NullReferenceException)
            {
                Found("L4", $"{entry.Member}: entry {entry.What.Sequence} of producer {entry.Producer} cannot be: {impossible.Message}");
            }
        }
    }

    private void Answers()
    {
        var admitted = _entries.Where(entry => entry.What is Admitted).ToLookup(entry => (entry.Member, ((Admitted)entry.What).Key));
        var cancelled = _entries.Where(entry => entry.What is Cancelled).ToLookup(entry => (entry.Member, ((Cancelled)entry.What).Key));
        HashSet<(MemberId, string)> asked = [.. _callers.Asked.Select(one => (one.Member, one.Key))];
        foreach (var extra in admitted.Where(group => !asked.Contains(group.Key))) Found("L1", $"{extra.Key} was never asked for");
        foreach (Asked one in _callers.Asked)
        {
            string name = $"{one.Member} {one.Key}";
            foreach (string wrong in one.Wrong) Found("L3", $"{name}: {wrong}");
            var entries = admitted[(one.Member, one.Key)].ToList();
            if (entries.Count > 1) Found("L3", $"{name} is charged {entries.Count} times");
            if (one.Told is null) Found("stuck", $"{name} was never answered");
            if (one.Told == Outcome.Admitted && entries.Count == 0) Found("L1", $"{name} was told as admitted and is lost");
            if (entries.Count > 0 && ((Admitted)entries[0].What).Units != one.Units) Found("L3", $"{name} is charged for other units");
            if (entries.Count > 0 && entries[0].Commit >= one.ToldAtCommits) Found("L1", $"{name} was told as admitted before its commit");
            long returned = cancelled[(one.Member, one.Key)].Sum(entry => ((Cancelled)entry.What).Units);
            if (returned != one.GaveBack) Found("L3", $"{name}: {one.GaveBack} units were told to be given back, {returned} are");
        }
    }

    // C1, exactly: a bucket of B that C fills never runs over, however an interval is laid.
    private void Capacity()
    {
        const long micros = 1_000_000;
        long level = 0, last = 0;
        foreach ((long at, Admitted what) in _entries.Where(entry => entry.What is Admitted).Select(DecidedAt).OrderBy(one => one.At))
        {
            level = Math.Max(0, level - ((at - last) * _policy.Capacity.UnitsPerSecond)) + (what.Units * micros);
            last = at;
            if (level > _policy.Capacity.BurstUnits * micros)
            {
                Found("C1", $"at {at / 1000.0:F3} ms {level / (double)micros:F3} units are beyond C, and B is {_policy.Capacity.BurstUnits}");
                return;
            }
        }
    }

    private (long At, Admitted What) DecidedAt(Entry entry)
    {
        SimSilo silo = _cluster.Silos.Find(one => one.Ledger.Producer == entry.Producer)!;
        return (silo.TrueMicros(entry.What.At, entry.At), (Admitted)entry.What);
    }

    // L5a: once a slice is closed nothing is added to it; its row is what had been committed until then, less what was given back.
    private void ClosedSlices()
    {
        foreach ((long slice, (SliceRow row, int commits)) in _cluster.Store.Slices)
        {
            long admitted = 0, returned = 0;
            foreach (Entry entry in _entries)
            {
                if (entry.What is Admitted admission && admission.Slice == slice)
                {
                    admitted += admission.Units;
                    if (entry.Commit >= commits) Found("L5", $"slice {slice} was closed after {commits} commits, and commit {entry.Commit} adds to it");
                }

                if (entry.What is Cancelled back && back.AdmittedSlice == slice) returned += back.Units;
            }

            if (row.SliceUnits > admitted || row.SliceUnits < admitted - returned)
                Found("L5", $"slice {slice} was closed with {row.SliceUnits} units, the log has {admitted} less {returned}");
        }
    }

    private void Found(string rule, string what) => _found.Add(new(rule, what));
}

/// <summary>An entry of the log.</summary>
/// <param name="Commit">Which commit it came with, of all that there were.</param>
/// <param name="At">When that was, in true time.</param>
internal readonly record struct Entry(MemberId Member, MemberEntry What, long Producer, int Commit, long At);
