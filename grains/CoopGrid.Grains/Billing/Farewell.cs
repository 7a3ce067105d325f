using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Market;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Billing;

/// <summary>What the final bill of a member that has left is made of.</summary>
/// <param name="Final">The class's figures when it left.</param>
/// <param name="Used">Its own.</param>
/// <param name="Window">Its class's slices.</param>
internal sealed record LeavingMember(FinalFigures Final, MemberFigures Used, WindowPolicy Window);

/// <summary>
/// What follows an exit (SPEC.md §13): senders and meters are free again, what the member has in slots falls, its final bill is made. Every step is harmless to
/// repeat, so whoever asks next goes on where it was broken off.
/// </summary>
internal sealed class Farewell(IMemberDirectory directory, IEntryBooks books, FinalBills bills, SlotCharges charges, IGrainFactory grains, GridClock clock)
{
    private const long LongestSlotMs = 86_400_000;
    private const int SlotsAtOnce = 1000;

    /// <summary>Takes what the member had, and hands in what slots cost it that have started: its final bill is the last one that they can stand on.</summary>
    /// <param name="epochAt">The number of the class's epoch that holds a moment; null if that is not known.</param>
    public async Task RevokeAsync(MemberId member, ClassId @class, Func<Instant, long?> epochAt, CancellationToken cancellation)
    {
        foreach (string sender in await directory.ListSendersAsync(member.Coop, member.Member, cancellation))
            await directory.UnbindSenderAsync(member.Coop, sender, member.Member, cancellation);
        foreach (string meter in await directory.ListMetersAsync(member.Coop, member.Member, cancellation))
            await directory.UnregisterMeterAsync(member.Coop, meter, member.Member, cancellation);

        // Only slots that somebody has asked something of have a book; those that may still run, and those to come.
        string own = $"{@class.Class}/", after = SlotBooks.SubjectOf(new(@class, Math.Max(0, clock.Read().Now.UnixMs - LongestSlotMs)));
        while (true)
        {
            IReadOnlyList<string> subjects = await books.ListAsync(member.Coop, SlotBooks.Kind, after, SlotsAtOnce, cancellation);
            foreach (string subject in subjects)
            {
                if (!subject.StartsWith(own, StringComparison.Ordinal)) return;
                SlotId slot = SlotBooks.SlotOf(member.Coop, subject);
                ISlotGrain grain = grains.GetGrain<ISlotGrain>(slot.ToString());
                await grain.Revoke(member.Member);
                if (epochAt(slot.Starts) is { } epoch) await charges.HandInAsync(slot, member.Member, epoch, grain, cancellation);
            }

            if (subjects.Count < SlotsAtOnce) return;
            after = subjects[^1];
        }
    }

    /// <summary>Makes the final bill, or finds it.</summary>
    public Task<Bill> SettleAsync(MemberId member, ClassId @class, LeavingMember leaving, CancellationToken cancellation)
    {
        EpochSlices epoch = leaving.Final.Epoch;
        var span = new EpochSpan(epoch.Number, leaving.Window.StartOf(epoch.First), leaving.Window.StartOf(epoch.End));
        return bills.SettleAsync(member, leaving.Final.ToFigures(@class), span, leaving.Used, cancellation);
    }
}
