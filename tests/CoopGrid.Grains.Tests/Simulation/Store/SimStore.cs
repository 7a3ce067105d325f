using System.Globalization;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Model;
using Orleans.Storage;

namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>
/// The one database: statements as the ports' docstrings have them, each atomic. It keeps what was ever committed, in order, for the judge.
/// </summary>
internal sealed class SimStore(SimWorld world, Planted planted)
{
    private readonly Dictionary<MemberId, Claim> _claims = [];
    private readonly Dictionary<(string Name, GrainId Grain), (object State, int Version)> _states = [];

    public List<ProducerRow> Producers { get; } = [];

    /// <summary>Every segment ever committed, deleted ones too, in the order of commits.</summary>
    public List<Committed> Log { get; } = [];

    public Dictionary<(long Producer, long Position), byte[]> Segments { get; } = [];

    public Dictionary<ClassId, ClassHead> Heads { get; } = [];

    public Dictionary<ClassId, SortedDictionary<long, PricePeriod>> Prices { get; } = [];

    /// <summary>Closed slices, and how much of the log there was when they were closed.</summary>
    public SortedDictionary<long, (SliceRow Row, int Commits)> Slices { get; } = [];

    /// <summary>How much of the log there was when a producer was sealed.</summary>
    public Dictionary<long, int> SealedAt { get; } = [];

    /// <summary>What the store itself saw go wrong.</summary>
    public List<Violation> Violations { get; } = [];

    /// <summary>Until when nothing is answered.</summary>
    public long DownUntil { get; set; }

    public bool IsDown => world.Now < DownUntil;

    public ProducerRow Open(SiloName silo)
    {
        var row = new ProducerRow(Producers.Count + 1, ProducerState.Open, 0, 1, silo, 0);
        Producers.Add(row);
        return row;
    }

    public CommitResult Commit(Segment segment)
    {
        ProducerRow row = Find(segment.Producer);
        if (row.State != ProducerState.Open && !(planted == Planted.SealedCommits && row.State == ProducerState.Sealed)) return CommitResult.Sealed;
        if (segment.Position == row.Position)
        {
            return segment.Bytes.Span.SequenceEqual(Segments[(segment.Producer, segment.Position)])
                ? CommitResult.Committed
                : throw new InvalidOperationException($"Another segment is at {segment.Position} of {segment.Producer}.");
        }

        if (segment.Position != row.Position + 1) throw new InvalidOperationException($"{segment.Position} does not follow {row.Position} of {segment.Producer}.");
        byte[] bytes = segment.Bytes.ToArray();
        Segments.Add((segment.Producer, segment.Position), bytes);
        Log.Add(new(segment.Producer, segment.Position, bytes, world.Now));
        Put(row with { Position = segment.Position });
        world.Note(() => $"store: producer {segment.Producer} committed {segment.Position}: {Describe(bytes, segment)}");
        return CommitResult.Committed;
    }

    public ProducerRow Seal(long producer)
    {
        ProducerRow row = Find(producer);
        if (row.State != ProducerState.Open) return row;
        SealedAt[producer] = Log.Count;
        world.Note(() => $"store: producer {producer} sealed at {row.Position}");
        return Put(row with { State = ProducerState.Sealed });
    }

    public ProducerRow Drain(long producer)
    {
        ProducerRow row = Find(producer);
        if (row.State == ProducerState.Open) throw new InvalidOperationException("The producer is open.");
        world.Note(() => $"store: producer {producer} drained");
        return Put(row with { State = ProducerState.Drained });
    }

    public IReadOnlyList<SegmentRow> Read(long producer, long after, int limit)
    {
        ProducerRow row = Find(producer);
        if (after + 1 < row.FirstKept) throw new LedgerGapException(producer, after, row.FirstKept);
        List<SegmentRow> rows = [];
        for (long position = after + 1; position <= row.Position && rows.Count < limit; position++)
            rows.Add(new(producer, position, Segments[(producer, position)]));
        return rows;
    }

    public void Delete(long producer, long upTo)
    {
        ProducerRow row = Find(producer);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(upTo, row.Position);
        Put(row with { FirstKept = Math.Max(row.FirstKept, upTo + 1) });
        world.Note(() => $"store: producer {producer} deleted up to {upTo}");
    }

    public IReadOnlyList<ClaimRow> Take(long producer, IReadOnlyList<MemberId> members)
    {
        if (Find(producer).State != ProducerState.Open) return ReadClaims(members);
        foreach (MemberId member in members)
        {
            Claim claim = _claims.GetValueOrDefault(member);
            bool isFree = claim.Producer == 0 || claim.Producer == producer || Find(claim.Producer).State != ProducerState.Open;
            _claims[member] = isFree ? new(claim.Number + 1, producer, false) : claim with { Wanted = true };
            world.Note(() => $"store: producer {producer} asks for {member}: {_claims[member]}");
        }

        return ReadClaims(members);
    }

    public void Release(IReadOnlyList<ClaimRow> rows)
    {
        foreach (ClaimRow row in rows)
        {
            Claim claim = _claims.GetValueOrDefault(row.Member);
            if (claim.Number == row.Number && claim.Producer == row.Producer) _claims[row.Member] = new(claim.Number + 1, 0, false);
            world.Note(() => $"store: {row} released: {_claims[row.Member]}");
        }
    }

    public IReadOnlyList<ClaimRow> ReadClaims(IReadOnlyList<MemberId> members) => [.. members.Select(member => Row(member, _claims.GetValueOrDefault(member)))];

    public IReadOnlyList<ClaimRow> Wanted(long holder, int limit) =>
        [.. _claims.Where(claim => claim.Value.Wanted && claim.Value.Producer == holder).Take(limit).Select(claim => Row(claim.Key, claim.Value))];

    public ClassHead RaiseEpoch(ClassId @class) => Heads[@class] = Heads[@class] with { Epoch = Heads[@class].Epoch + 1 };

    public bool AppendPrices(ClassId @class, long epoch, IReadOnlyList<PricePeriod> rows)
    {
        if (Heads[@class].Epoch != epoch) return false;
        if (!Prices.TryGetValue(@class, out SortedDictionary<long, PricePeriod>? table)) Prices[@class] = table = [];
        foreach (PricePeriod row in rows) table[row.Period] = row;
        return true;
    }

    public ClosingOutcome CloseSlices(ClassId @class, SliceClosing closing)
    {
        ClassHead head = Heads[@class];
        if (head.Epoch != closing.Epoch) return ClosingOutcome.Superseded;
        if (Producers[^1].Producer > closing.LastProducer) return ClosingOutcome.ProducerJoined;
        foreach (SliceRow row in closing.Rows)
        {
            // A closing of unknown outcome is sent again, and a cancel may have come between.
            if (row.Slice >= head.OpenSlice) Slices[row.Slice] = (row, Log.Count);
        }

        Heads[@class] = head with { OpenSlice = Math.Max(head.OpenSlice, closing.OpenSlice) };
        world.Note(() => $"store: {@class} is open from {Heads[@class].OpenSlice}");
        return ClosingOutcome.Closed;
    }

    public (object? State, string? ETag) ReadState(string name, GrainId grain) =>
        _states.TryGetValue((name, grain), out (object State, int Version) stored) ? (stored.State, Tag(stored.Version)) : (null, null);

    public string WriteState<T>(string name, GrainId grain, T state, string? tag)
    {
        int version = Expect(name, grain, tag) + 1;
        _states[(name, grain)] = (state!, version);
        world.Note(() => $"store: {name} of {grain} written, version {version}: {Describe(state)}");
        return Tag(version);
    }

    public void ClearState(string name, GrainId grain, string? tag)
    {
        Expect(name, grain, tag);
        _states.Remove((name, grain));
        world.Note(() => $"store: {name} of {grain} cleared");
    }

    public ProducerRow Find(long producer) => producer > 0 && producer <= Producers.Count
        ? Producers[(int)producer - 1]
        : throw new KeyNotFoundException($"There is no producer {producer}.");

    private int Expect(string name, GrainId grain, string? tag)
    {
        int version = _states.TryGetValue((name, grain), out (object, int Version) stored) ? stored.Version : 0;
        string? expected = version == 0 ? null : Tag(version);
        return expected == tag ? version : throw new InconsistentStateException($"{name} of {grain}", expected, tag);
    }

    private static string Tag(int version) => version.ToString(CultureInfo.InvariantCulture);

    private static string Describe<T>(T state) => state is MemberCheckpoint member ? $"up to {member.Sequence} of producer {member.Producer}, keys in {string.Join(" ", member.Blocks.Select(block => $"{block.Producer}.{block.Number}"))}" : "";

    private static string Describe(byte[] bytes, Segment segment) => string.Join(", ", SegmentReader.Read(new(segment.Producer, segment.Position, bytes)).Entries
        .Select(entry => $"{entry.Member.Member} {MemberEntryCodec.Decode(entry.Bytes.Span) switch
        {
            Admitted admitted => $"#{admitted.Sequence} {admitted.Key} +{admitted.Units}",
            Cancelled cancelled => $"#{cancelled.Sequence} {cancelled.Key} -{cancelled.Units}",
            var other => $"#{other.Sequence} {other.GetType().Name}",
        }}"));

    private static ClaimRow Row(MemberId member, Claim claim) => new(member, claim.Number, claim.Producer);

    private ProducerRow Put(ProducerRow row) => Producers[(int)row.Producer - 1] = row;

    private readonly record struct Claim(long Number, long Producer, bool Wanted);
}

/// <summary>A segment, and when it became durable in true time.</summary>
internal readonly record struct Committed(long Producer, long Position, byte[] Bytes, long At);

/// <summary>A promise that was broken.</summary>
/// <param name="Rule">L1 to L7, C1, or what else was promised.</param>
/// <param name="What">How it shows.</param>
internal readonly record struct Violation(string Rule, string What);
