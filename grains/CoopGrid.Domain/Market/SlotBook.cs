using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>
/// One slot's market in memory: the fold of its entries. <see cref="Apply"/> is the only way to change it, for a decision just made and for
/// a replay alike.
/// 1. Any prefix and then the rest gives the same book as all at once, and so does a snapshot and what follows it.
/// 2. Never oversold: an entry that would sell more than the terms allow is an error, whatever decided it.
/// 3. Phases only go forward: <see cref="SlotPhase"/>.
/// Not thread-safe: its holder has one writer at a time.
/// </summary>
public sealed class SlotBook
{
    private readonly SortedDictionary<string, SlotMember> _members = new(StringComparer.Ordinal);

    /// <summary>What the slot is sold under; null before the first entry.</summary>
    public SlotTerms? Terms { get; private set; }

    public SlotPhase Phase { get; private set; }

    /// <summary>Number of the last entry; 0 before the first.</summary>
    public long Sequence { get; private set; }

    /// <summary>When the last entry was decided. A clock that went back counts as this.</summary>
    public Instant LastAt { get; private set; } = new(long.MinValue);

    /// <summary>The clearing price, in micro-credits per unit; 0 before clearing.</summary>
    public long UnitPrice { get; private set; }

    /// <summary>What is held of the slot, in units/s; from the start on, what is paid for.</summary>
    public long SoldUnitsPerSecond { get; private set; }

    /// <summary>What became of each bid; empty before clearing.</summary>
    public ImmutableArray<Award> Awards { get; private set; } = [];

    /// <summary>How many bids stand.</summary>
    public int BidCount { get; private set; }

    /// <summary>Everybody who ever had a request accepted, by name.</summary>
    public IReadOnlyCollection<string> Members => _members.Keys;

    /// <summary>What the member has reserved, in units/s; guaranteed while the slot runs.</summary>
    public long HeldBy(string member) => Find(member)?.HeldUnitsPerSecond ?? 0;

    /// <summary>What the member pays for, in units/s: what it held when the slot started; 0 before.</summary>
    public long ChargedTo(string member) => Find(member)?.ChargedUnitsPerSecond ?? 0;

    /// <summary>What the member pays for the slot, in micro-credits; 0 before it has started.</summary>
    public long ChargeOf(string member) => Terms?.Charge(UnitPrice, ChargedTo(member)) ?? 0;

    /// <summary>The member's bids that stand, by number.</summary>
    public IReadOnlyCollection<Bid> BidsOf(string member) => (IReadOnlyCollection<Bid>?)Find(member)?.Bids.Values ?? [];

    /// <summary>What the member's key stands for, if anything.</summary>
    public bool TryRecall(string member, string key, out RememberedRequest remembered)
    {
        remembered = default;
        return Find(member)?.Requests.TryGetValue(key, out remembered) ?? false;
    }

    /// <summary>All bids that stand, by member.</summary>
    internal IEnumerable<Bid> StandingBids() => _members.Values.SelectMany(member => member.Bids.Values);

    internal SlotMember? Find(string member) => _members.GetValueOrDefault(member);

    /// <summary>Adds the next entry.</summary>
    /// <exception cref="InvalidOperationException">
    /// The entry is not the next one, does not fit the phase, or would sell more than there is. Then the book is no longer to be used.
    /// </exception>
    public void Apply(SlotEntry entry)
    {
        Require(entry.Sequence == Sequence + 1, entry, $"does not follow {Sequence}: the slot's log has a gap");
        Require(entry.At >= LastAt, entry, "is earlier than the entry before it");
        Require(entry is SlotOpened == (Phase == SlotPhase.Unopened), entry, "opens the book once, before all others");
        Sequence = entry.Sequence;
        LastAt = entry.At;
        switch (entry)
        {
            case SlotOpened opened:
                (Terms, Phase) = (opened.Terms, SlotPhase.Bidding);
                break;
            case RequestAccepted accepted:
                Accept(accepted);
                break;
            case SlotCleared cleared:
                Require(Phase == SlotPhase.Bidding, entry, "clears a slot once");
                Clear(cleared);
                break;
            case MemberRevoked revoked:
                Revoke(revoked.Member);
                break;
            case SlotStarted:
                Require(Phase == SlotPhase.OnSale, entry, "starts a slot once, after it was cleared");
                Phase = SlotPhase.Running;
                foreach (SlotMember member in _members.Values) member.ChargedUnitsPerSecond = member.HeldUnitsPerSecond;
                break;
            case SlotEnded:
                Require(Phase == SlotPhase.Running, entry, "ends a slot once, after its start");
                Phase = SlotPhase.Ended;
                foreach (SlotMember member in _members.Values) member.HeldUnitsPerSecond = 0;
                break;
            default:
                throw new InvalidOperationException($"Unknown entry {entry.GetType().Name}.");
        }

        Require(SoldUnitsPerSecond <= Terms!.SellableUnitsPerSecond, entry, $"would sell {SoldUnitsPerSecond} of {Terms.SellableUnitsPerSecond} units/s");
    }

    /// <summary>What a request will be remembered by, and its member is told, if its entry is the next one.</summary>
    internal RememberedRequest ToRemember(RequestAccepted entry)
    {
        MarketRequest request = entry.Request;
        return request.Kind switch
        {
            MarketRequestKind.Bid or MarketRequestKind.Replace => new(request, entry.Sequence, 0, 0, 0),
            MarketRequestKind.Buy => new(
                request, 0, HeldBy(request.Member) + request.UnitsPerSecond, UnitPrice, Terms!.Charge(UnitPrice, request.UnitsPerSecond)),
            _ => new(request, request.Bid, 0, 0, 0),
        };
    }

    /// <summary>A book of its own that has these entries, too.</summary>
    public SlotBook After(IEnumerable<SlotEntry> entries)
    {
        SlotBook book = Restore(Snapshot());
        foreach (SlotEntry entry in entries) book.Apply(entry);
        return book;
    }

    public static SlotBook Restore(SlotSnapshot snapshot)
    {
        var book = new SlotBook
        {
            Terms = snapshot.Terms,
            Phase = snapshot.Phase,
            Sequence = snapshot.Sequence,
            LastAt = snapshot.LastAt,
            UnitPrice = snapshot.UnitPrice,
            SoldUnitsPerSecond = snapshot.SoldUnitsPerSecond,
            Awards = snapshot.Awards,
        };
        foreach (SlotMemberSnapshot from in snapshot.Members)
        {
            SlotMember member = book.Part(from.Member);
            (member.HeldUnitsPerSecond, member.ChargedUnitsPerSecond) = (from.HeldUnitsPerSecond, from.ChargedUnitsPerSecond);
            foreach (Bid bid in from.Bids) member.Bids.Add(bid.Number, bid);
            foreach (RememberedRequest request in from.Requests) member.Requests.Add(request.Request.Key, request);
            book.BidCount += from.Bids.Length;
        }

        return book;
    }

    public SlotSnapshot Snapshot() => new()
    {
        Terms = Terms,
        Phase = Phase,
        Sequence = Sequence,
        LastAt = LastAt,
        UnitPrice = UnitPrice,
        SoldUnitsPerSecond = SoldUnitsPerSecond,
        Awards = Awards,
        Members = [.. _members.Select(pair => new SlotMemberSnapshot
        {
            Member = pair.Key,
            Bids = [.. pair.Value.Bids.Values],
            HeldUnitsPerSecond = pair.Value.HeldUnitsPerSecond,
            ChargedUnitsPerSecond = pair.Value.ChargedUnitsPerSecond,
            Requests = [.. pair.Value.Requests.Values],
        })],
    };

    private void Accept(RequestAccepted entry)
    {
        MarketRequest request = entry.Request;
        Require(Phase == (request.Kind == MarketRequestKind.Buy ? SlotPhase.OnSale : SlotPhase.Bidding), entry, $"cannot be when the slot is {Phase}");
        RememberedRequest remembered = ToRemember(entry);
        SlotMember member = Part(request.Member);
        Require(member.Requests.TryAdd(request.Key, remembered), entry, $"uses the key '{request.Key}' a second time");
        if (request.Kind == MarketRequestKind.Cancel) RemoveAll(member);
        if (request.Kind is MarketRequestKind.Replace or MarketRequestKind.Withdraw)
        {
            Require(member.Bids.Remove(request.Bid), entry, $"names bid {request.Bid}, which does not stand");
            BidCount--;
        }

        if (request.Kind is MarketRequestKind.Bid or MarketRequestKind.Replace)
        {
            member.Bids.Add(entry.Sequence, new(entry.Sequence, request.Member, request.UnitsPerSecond, request.UnitPrice, entry.At));
            BidCount++;
        }

        if (request.Kind == MarketRequestKind.Buy)
        {
            SoldUnitsPerSecond += request.UnitsPerSecond;
            member.HeldUnitsPerSecond += request.UnitsPerSecond;
        }
    }

    private void Clear(SlotCleared entry)
    {
        (Phase, UnitPrice, Awards) = (SlotPhase.OnSale, entry.UnitPrice, entry.Awards);
        foreach (SlotMember member in _members.Values) RemoveAll(member);
        foreach (Award award in entry.Awards)
        {
            Part(award.Member).HeldUnitsPerSecond += award.WonUnitsPerSecond;
            SoldUnitsPerSecond += award.WonUnitsPerSecond;
        }
    }

    private void Revoke(string name)
    {
        if (Find(name) is not { } member) return;
        RemoveAll(member);
        if (Phase < SlotPhase.Running) SoldUnitsPerSecond -= member.HeldUnitsPerSecond;
        member.HeldUnitsPerSecond = 0;
    }

    private void RemoveAll(SlotMember member)
    {
        BidCount -= member.Bids.Count;
        member.Bids.Clear();
    }

    private SlotMember Part(string member)
    {
        if (!_members.TryGetValue(member, out SlotMember? part)) _members.Add(member, part = new());
        return part;
    }

    private static void Require([DoesNotReturnIf(false)] bool holds, SlotEntry entry, string message)
    {
        if (!holds) throw new InvalidOperationException($"Entry {entry.Sequence} ({entry.GetType().Name}) {message}.");
    }
}
