using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Stored;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Market;

/// <summary>
/// Hands what slots cost in for the bills of the epoch that holds their start (SPEC.md §7, §10). Each charge has a key of slot and member, which the store takes
/// once: handing in again changes nothing, so whoever does it may break off anywhere and begin anew.
/// </summary>
public sealed class SlotCharges(IEntryBooks books, IBillStore bills, GridClock clock)
{
    private const int SlotsAtOnce = 256;

    // As many ride in one commit; the ledger's own go first.
    private const int LinesAtOnce = 32;

    /// <summary>Hands in the charges of all slots of a class that start within a time. They must have started.</summary>
    /// <param name="from">The first start.</param>
    /// <param name="until">The first one that is not meant.</param>
    /// <param name="epochAt">The number of the class's epoch that holds a moment.</param>
    /// <param name="slotOf">A slot's grain.</param>
    /// <returns>How many charges there were.</returns>
    /// <exception cref="InvalidOperationException">A slot or the store did not answer: begin anew.</exception>
    public async Task<int> HandInAsync(
        ClassId @class, Instant from, Instant until, Func<Instant, long> epochAt, Func<SlotId, ISlotGrain> slotOf, CancellationToken cancellation)
    {
        int charges = 0;
        string after = SlotBooks.SubjectOf(new(@class, from.UnixMs - 1)), end = SlotBooks.SubjectOf(new(@class, until.UnixMs));
        while (true)
        {
            IReadOnlyList<string> subjects = await books.ListAsync(@class.Coop, SlotBooks.Kind, after, SlotsAtOnce, cancellation);
            foreach (string subject in subjects)
            {
                if (string.CompareOrdinal(subject, end) >= 0) return charges;
                var slot = new SlotId(@class, SlotBooks.StartOf(subject));
                charges += await HandInAsync(slot, epochAt(slot.Starts), await slotOf(slot).GetCharges(slot.Starts), cancellation);
            }

            if (subjects.Count < SlotsAtOnce) return charges;
            after = subjects[^1];
        }
    }

    /// <summary>Hands in what a slot costs one member; nothing before its start.</summary>
    /// <param name="epoch">The number of the class's epoch that holds the start.</param>
    public async Task HandInAsync(SlotId slot, string member, long epoch, ISlotGrain grain, CancellationToken cancellation)
    {
        IReadOnlyCollection<SlotCharge> charges = await grain.GetCharges(clock.Read().Now);
        await HandInAsync(slot, epoch, [.. charges.Where(charge => charge.Member == member)], cancellation);
    }

    private async Task<int> HandInAsync(SlotId slot, long epoch, IReadOnlyCollection<SlotCharge> charges, CancellationToken cancellation)
    {
        foreach (SlotCharge[] some in charges.Where(charge => charge.Charge > 0).Chunk(LinesAtOnce))
            await Task.WhenAll(some.Select(charge => HandInAsync(slot, epoch, charge, cancellation)));
        return charges.Count;
    }

    private async Task HandInAsync(SlotId slot, long epoch, SlotCharge charge, CancellationToken cancellation)
    {
        string coop = slot.Class.Coop, key = KeyOf(slot, charge.Member);
        var handIn = new HandIn(new(coop, charge.Member), key, BillCodec.EncodeLine(coop, LineOf(slot, epoch, charge)), null, clock.Read().Now.UnixMs);
        HandInAnswer answer = await bills.HandInAsync(handIn, cancellation);
        if (answer.Outcome is not (HandInOutcome.Taken or HandInOutcome.TakenBefore))
            throw new InvalidOperationException($"The charge of slot {slot} to {charge.Member} was not taken: {answer.Outcome}.");
    }

    // Whoever posts credits gives keys of its own, without control characters: none of them is ever one of these.
    private static string KeyOf(SlotId slot, string member) => $"slot\u001f{slot}\u001f{member}";

    private static ReservationLine LineOf(SlotId slot, long epoch, SlotCharge charge) => new()
    {
        Epoch = new(slot.Class, epoch),
        PolicyVersion = charge.PolicyVersion,
        SlotStart = Instant.FromUnixMs(slot.StartsUnixMs),
        Seconds = charge.Seconds,
        UnitsPerSecond = charge.UnitsPerSecond,
        UnitPrice = charge.UnitPrice,
    };
}
