using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Tests.Fakes;

/// <summary>
/// A grid of one co-op and one class that keeps exact books and can be told to misbehave: to fail, to lose answers, to stall, to charge
/// wrongly. Lane "closed" has no room; every other lane always has. Who has a deadline gets a ticket there, or above its highest multiplier.
/// </summary>
internal sealed class FakeGrid
{
    public const string Coop = "town", Class = "people";

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, FakeMember> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Member, string Key), AdmitReply> _known = [];
    private readonly HashSet<(string Member, string Key)> _cancelled = [];
    private readonly Dictionary<(string Member, string Key), long> _returned = [];
    private readonly Dictionary<string, FakeMeter> _meters = new(StringComparer.Ordinal);
    private long _usage;
    private int _failNext, _loseNext, _stalled;

    /// <summary>So many calls fail before anything is decided.</summary>
    public int FailNext { set => _failNext = value; }

    /// <summary>So many admissions are charged and then answered UNAVAILABLE.</summary>
    public int LoseNext { set => _loseNext = value; }

    /// <summary>While set and not completed, no admission is answered.</summary>
    public TaskCompletionSource? Stall { get; set; }

    /// <summary>Admissions that came to a stall.</summary>
    public int Stalled => Volatile.Read(ref _stalled);

    /// <summary>Charged to a member on top of its next admission, unknown to callers.</summary>
    public long Overcharge { get; set; }

    /// <summary>Added to S, unknown to members.</summary>
    public long WrongUsage { get; set; }

    /// <summary>Other silos that replies name as members' homes.</summary>
    public Dictionary<string, Uri> Homes { get; } = [];

    /// <summary>Tickets for later.</summary>
    public FakeTickets Tickets { get; } = new();

    /// <summary>The last request that came to a decision.</summary>
    public AdmitRequest? LastAsked { get; private set; }

    /// <summary>The last bid in the market.</summary>
    public PlaceBidRequest? LastBid { get; set; }

    public int Multiplier { get; set; } = 1000;

    public bool Metered { get; init; }

    public long SliceMs { get; init; } = 3_600_000;

    public int Decided { get; private set; }

    public long Slice => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / SliceMs;

    public string PolicyJson => $$"""
        { "entry": "{{(Metered ? "metered" : "admitted")}}", "window": { "sliceMs": {{SliceMs}}, "slices": 1000000, "graceMs": 60000 },
          "tariff": { "rate": 3 }, "deferral": { "horizonMs": 60000 },
          "capacity": { "unitsPerSecond": 1000, "burstUnits": 500, "maxRequestUnits": 100 },
          "lanes": [ { "name": "critical", "priority": "critical", "needsEntitlement": true }, { "name": "standard" }, { "name": "closed" } ] }
        """;

    /// <summary>Whether this call is to fail, and is then counted off.</summary>
    public bool Fails() => Interlocked.Decrement(ref _failNext) >= 0;

    public Task StallAsync()
    {
        if (Stall is not { } stall) return Task.CompletedTask;
        Interlocked.Increment(ref _stalled);
        return stall.Task;
    }

    public bool Loses() => Interlocked.Decrement(ref _loseNext) >= 0;

    public AdmitReply Decide(AdmitRequest request, bool quote = false)
    {
        lock (_lock)
        {
            LastAsked = request;
            if (!_members.TryGetValue(request.Member, out FakeMember? member)) return new() { Outcome = Outcome.MemberUnknown, Reason = "No such member." };
            if (_cancelled.Contains((request.Member, request.Key))) return new() { Outcome = Outcome.KeyCancelled };
            if (_known.TryGetValue((request.Member, request.Key), out AdmitReply? known)) return Again(known);
            if (member.Suspended) return new() { Outcome = Outcome.MemberSuspended };
            if (request.Lane == "critical" && !member.Entitlements.Contains("critical")) return new() { Outcome = Outcome.LaneForbidden };
            AdmitReply? later = request.Ticket.Length > 0 ? Tickets.Redeem(request) : IsClosedTo(request) ? Tickets.Defer(request, quote) : null;
            if (later is not null)
            {
                if (quote) return later;
                if (FakeTickets.IsRemembered(later)) _known.Add((request.Member, request.Key), later);
                if (later.Outcome == Outcome.Deferred && request.Ticket.Length == 0) Charge(member, request.Units);
                return later;
            }

            var reply = new AdmitReply
            {
                Outcome = Outcome.Admitted,
                Units = request.Units,
                MultiplierPermille = Multiplier,
                Covered = new Covered { Surged = request.Units },
                PolicyVersion = 1,
            };
            if (quote) return reply;
            _known.Add((request.Member, request.Key), reply);
            Charge(member, request.Units);
            member.Total += Overcharge;
            Overcharge = 0;
            Decided++;
            return reply;
        }
    }

    public long? Cancel(CancelRequest request)
    {
        lock (_lock)
        {
            if (!_known.TryGetValue((request.Member, request.Key), out AdmitReply? known)) return null;
            long total = request.Units == 0 ? known.Units : request.Units;
            Charge(_members[request.Member], _returned.GetValueOrDefault((request.Member, request.Key)) - total);
            _returned[(request.Member, request.Key)] = total;
            if (total == known.Units) _cancelled.Add((request.Member, request.Key));
            return total;
        }
    }

    public int Enroll(IEnumerable<string> names)
    {
        lock (_lock) return names.Count(name => _members.TryAdd(name, new FakeMember(name)));
    }

    public Member? Change(string name, Action<FakeMember> change)
    {
        lock (_lock)
        {
            if (!_members.TryGetValue(name, out FakeMember? member)) return null;
            change(member);
            return member.Show(Slice);
        }
    }

    public Member[] List(string after, int limit)
    {
        lock (_lock)
        {
            return [.. _members.Values.Where(member => string.CompareOrdinal(member.Name, after) > 0).Take(limit).Select(member => member.Show(Slice))];
        }
    }

    public void RegisterMeter(string meter, string member)
    {
        lock (_lock) _meters.TryAdd(meter, new FakeMeter(member));
    }

    public ReportUsageReply Report(ReportUsageRequest report)
    {
        lock (_lock)
        {
            if (!_meters.TryGetValue(report.Meter, out FakeMeter? meter)) return new() { Outcome = ReportOutcome.MeterUnknown };
            ReportOutcome outcome = meter.Judge(report, Slice);
            var reply = new ReportUsageReply { Outcome = outcome, ExpectedSequence = meter.Next };
            if (outcome != ReportOutcome.Accepted) return reply;
            meter.Take(report);
            Charge(_members[meter.Member], report.Slices.Sum(slice => slice.Units));
            return reply;
        }
    }

    public ClassState State()
    {
        lock (_lock)
        {
            long usage = _usage + WrongUsage;
            return new()
            {
                Coop = Coop,
                Class = Class,
                UsageUnits = usage,
                Members = _members.Count,
                MeanMilliunits = _members.Count == 0 ? 0 : usage * 1000 / _members.Count,
                MultiplierPermille = Multiplier,
                CapacityUnitsPerSecond = 1000,
                BurstUnits = 500,
                PolicyVersion = 1,
                Slice = Slice,
            };
        }
    }

    private bool IsClosedTo(AdmitRequest request) =>
        request.Lane == "closed" || (request.MaxMultiplierPermille > 0 && Multiplier > request.MaxMultiplierPermille);

    private void Charge(FakeMember member, long units)
    {
        member.Total += units;
        member.Window += units;
        _usage += units;
    }

    private static AdmitReply Again(AdmitReply known)
    {
        AdmitReply reply = known.Clone();
        reply.Replayed = true;
        return reply;
    }
}
