using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using CoopGrid.Domain.Market;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Market;

/// <summary>
/// One slot's market: decide, store, apply, answer. Its book has one history whatever happens to its activations, because the store takes an entry only
/// if its number is the next one. An activation whose entries were not stored, or may not have been, ends; the next one reads the book. One call
/// at a time, so nothing is shown before it is stored.
/// <para>
/// It has no timer: what time has made due is written by whoever asks next, before the answer, and is the same whenever that is. Only clearing has a
/// deadline, the slot's end, and <see cref="SlotCalls"/> sees to it.
/// </para>
/// Collected soon: anybody may ask for a slot that nobody will ever bid for.
/// </summary>
[GrainType("slot")]
[CollectionAgeLimit(Minutes = 2)]
internal sealed partial class SlotGrain(IEntryBooks books, GridClock clock, ILogger<SlotGrain> logger) : Grain, ISlotGrain
{
    private const int EntriesAtOnce = 1000;
    private const string NotStored = "The decision could not be stored; ask again with the same key.";

    private readonly SlotBook _book = new();
    private SlotId _id;
    private Instant _present = new(long.MinValue);

    // Silos' clocks differ, and what the class has taken for started must not be sold.
    private Instant Now => Instant.Max(clock.Read().Now, _present);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _id = SlotId.Parse(this.GetPrimaryKeyString());
        IReadOnlyList<byte[]> entries;
        do
        {
            entries = await books.ReadAsync(SlotBooks.Of(_id), _book.Sequence, EntriesAtOnce, cancellationToken);
            foreach (byte[] entry in entries) _book.Apply(SlotEntryCodec.Decode(entry));
        }
        while (entries.Count == EntriesAtOnce);
    }

    public async Task<MarketAnswer> Ask(MarketRequest request)
    {
        if (await Terms() is not { } terms) return new() { Outcome = MarketOutcome.NoMarket, Reason = $"There is no slot {_id}." };
        SlotDecision decision = SlotRule.Decide(_book, request, await StatusOf(request), terms, Now);
        return await Store(decision.Entries) ? decision.Answer : new() { Outcome = MarketOutcome.Unavailable, Reason = NotStored };
    }

    public async Task<SlotState?> GetState() => await Look() is { } look ? StateOf(look) : null;

    public async Task<Reservation?> GetReservation(string member)
    {
        if (await Look() is not { } look) return null;
        return new()
        {
            Slot = StateOf(look),
            Member = member,
            Bids = [.. look.Book.BidsOf(member)],
            Awards = [.. look.Book.Awards.Where(award => award.Member == member)],
            HeldUnitsPerSecond = look.Book.HeldBy(member),
            Charge = ChargeOf(look, member),
        };
    }

    public async Task<SlotHolders?> GetHolders(Instant present)
    {
        _present = Instant.Max(_present, present);
        if (_book.Terms is null || await Look() is not { } look) return null;
        return new()
        {
            StartsUnixMs = _id.StartsUnixMs,
            Seconds = look.Terms.Seconds,
            Version = look.Book.Sequence,
            Holders = [.. look.Book.Members
                .Select(member => new SlotHolder(member, look.Book.HeldBy(member), 0))
                .Where(holder => holder.UnitsPerSecond > 0)],
        };
    }

    public async Task<ImmutableArray<SlotCharge>> GetCharges(Instant present)
    {
        _present = Instant.Max(_present, present);
        if (await Look() is not { } look) return [];
        return [.. look.Book.Members.Where(member => look.Book.ChargedTo(member) > 0).Select(member => ChargeOf(look, member))];
    }

    public async Task Revoke(string member)
    {
        if (_book.Terms is null || await Look() is not { } look || look.Book.Phase == SlotPhase.Ended) return;
        if (SlotRule.Revoke(_book, member, Now) is { } revoked && !await Store([revoked])) throw new InvalidOperationException(NotStored);
    }

    public Task Settle() => _book.Terms is null ? Task.CompletedTask : Look();

    /// <summary>The book as it stands now, null if no class has such a slot. What is due is stored first, but no book is opened for one who only looks.</summary>
    /// <exception cref="InvalidOperationException">It could not be stored; ask again.</exception>
    private async Task<Seen?> Look()
    {
        if (await Terms() is not { } terms) return null;
        Instant now = Now;
        ImmutableArray<SlotEntry> due = SlotRule.Due(_book, terms, now);
        if (_book.Terms is null) return new(now < terms.Opens ? _book : _book.After(due), terms);
        return await Store(due) ? new(_book, terms) : throw new InvalidOperationException(NotStored);
    }

    /// <summary>What the slot is sold under: fixed when its book was opened, until then as the policy that will be in force at its start has it.</summary>
    private async ValueTask<SlotTerms?> Terms()
    {
        if (_book.Terms is { } terms) return terms;
        ClassPolicies? policies = await GrainFactory.GetGrain<IClassGrain>(_id.Class.ToString()).GetPolicies();
        return policies is null ? null : SlotTerms.Of(policies.At(policies.Current.Window.SliceAt(_id.Starts)), _id.Starts);
    }

    private async ValueTask<MemberStatus> StatusOf(MarketRequest request)
    {
        if (RequestRules.Malformed(request) is not null) return MemberStatus.Unknown;
        MemberState state = await GrainFactory.GetGrain<IMemberGrain>(new MemberId(_id.Class.Coop, request.Member).ToString()).GetState();
        return state.Class == _id.Class.Class ? state.Status : MemberStatus.Unknown;
    }

    private async ValueTask<bool> Store(ImmutableArray<SlotEntry> entries)
    {
        if (entries.IsEmpty) return true;
        if (!await Append(entries))
        {
            DeactivateOnIdle();
            return false;
        }

        foreach (SlotEntry entry in entries) _book.Apply(entry);
        return true;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever failed, what became of the entries is not known.")]
    private async Task<bool> Append(ImmutableArray<SlotEntry> entries)
    {
        try
        {
            return await books.AppendAsync(SlotBooks.Of(_id), _book.Sequence, [.. entries.Select(SlotEntryCodec.Encode)], CancellationToken.None);
        }
        catch (Exception failure)
        {
            LogNotStored(failure, _id);
            return false;
        }
    }

    private SlotState StateOf(in Seen look) => new()
    {
        Slot = _id,
        Phase = look.Book.Phase,
        PolicyVersion = look.Terms.PolicyVersion,
        Opens = look.Terms.Opens,
        GateCloses = look.Terms.GateCloses,
        Ends = look.Terms.Ends,
        SellableUnitsPerSecond = look.Terms.SellableUnitsPerSecond,
        ReservePrice = look.Terms.ReservePrice,
        MemberCapUnitsPerSecond = look.Terms.MemberCapUnitsPerSecond,
        UnitPrice = look.Book.UnitPrice,
        SoldUnitsPerSecond = look.Book.SoldUnitsPerSecond,
    };

    private static SlotCharge ChargeOf(in Seen look, string member) => new(
        member, look.Book.UnitPrice, look.Book.ChargedTo(member), look.Terms.Seconds, look.Book.ChargeOf(member), look.Terms.PolicyVersion);

    [LoggerMessage(LogLevel.Warning, "What was decided in slot {Slot} may not have been stored; its next activation reads the book.")]
    private partial void LogNotStored(Exception failure, SlotId slot);

    /// <summary>A slot as it stands.</summary>
    private readonly record struct Seen(SlotBook Book, SlotTerms Terms);
}
