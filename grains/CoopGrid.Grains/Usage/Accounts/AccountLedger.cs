using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <summary>Records a member's decision: into the silo's ledger, and only then into the account.</summary>
internal sealed class AccountLedger(LedgerWriter ledger, DirtyQueue dirty)
{
    /// <summary>This silo's producer.</summary>
    public long Producer => ledger.Producer;

    /// <summary>Whether a decision could be recorded now (L7).</summary>
    public bool CanDecide => !ledger.IsStalled;

    /// <summary>
    /// Appends and applies an entry, after the beginning of an epoch if it is the member's first one there; call under the claim's gate.
    /// </summary>
    /// <param name="gate">Of the member's class after the entry.</param>
    /// <returns>The commit to wait for; null if nothing may be decided now, and then the entry has changed nothing.</returns>
    public Commit? Record(MemberClaim claim, MemberEntry entry, ClassGate gate)
    {
        if (ledger.IsStalled) return null;
        dirty.Enter(claim, new(ledger.Producer, ledger.NextPosition));
        if (gate.View.Epochs is not { } epochs) return Add(claim, entry, gate.Class);
        if (!EpochCounting.IsAnnounced(entry, epochs)) return null;
        if (!RecordDecays(claim, ref entry, gate.View, epochs, gate.Class)) return null;
        while (EpochCounting.ToBegin(claim.Account, entry, epochs) is { } epoch)
        {
            var began = new EpochBegan(entry.Sequence, entry.At, entry.Slice, entry.PolicyVersion, epoch, gate.View.Signal.FirstUnbilled);
            if (Add(claim, began, gate.Class) is null) return null;
            entry = entry with { Sequence = entry.Sequence + 1 };
        }

        return Add(claim, entry, gate.Class);
    }

    /// <summary>Records what decayed at the ends of epochs since the member's bank was settled last, before the entry that settles it.</summary>
    private bool RecordDecays(MemberClaim claim, ref MemberEntry entry, ClassView view, EpochPlan epochs, ClassId @class)
    {
        if (view.Bank is not { } history || BankOf(entry) is not { } bank) return true;
        foreach (EpochDecay over in Settling.Decays(claim.Account, bank, history, epochs, view.Signal.FirstUnbilled).ToArray())
        {
            if (Add(claim, new BankDecayed(entry.Sequence, entry.At, entry.Slice, entry.PolicyVersion, over.Epoch, over.Bank), @class) is null) return false;
            entry = entry with { Sequence = entry.Sequence + 1 };
        }

        return true;
    }

    private static BankAccount? BankOf(MemberEntry entry) => entry switch
    {
        Admitted admitted => admitted.Bank,
        Cancelled cancelled => cancelled.Bank,
        UsageReported reported => reported.Bank,
        _ => null,
    };

    /// <summary>What an answer without an entry rests on; call under the claim's gate (<see cref="LedgerWriter.Proof"/>).</summary>
    public bool Proof(ClassGate gate, out Commit? commit) => ledger.Proof(gate.Class, out commit);

    private Commit? Add(MemberClaim claim, MemberEntry entry, ClassId @class)
    {
        Commit? commit = Append(claim, entry, @class);
        if (commit is not null) claim.Add(entry, new(ledger.Producer, commit.Position), commit);
        return commit;
    }

    private Commit? Append(MemberClaim claim, MemberEntry entry, ClassId @class)
    {
        ReadOnlySpan<byte> bytes = MemberEntryCodec.Encode(entry);
        switch (entry)
        {
            case Admitted admitted:
                return ledger.Append(claim.Member, bytes, [new(@class, admitted.Slice, admitted.CountedUnits, 0)]);
            case Cancelled cancelled:
                return ledger.Append(claim.Member, bytes, [new(@class, cancelled.AdmittedSlice, -cancelled.CountedUnits, 0)]);
            case UsageReported reported:
                return ledger.Append(claim.Member, bytes,
                [
                    .. reported.InTime.Select(slice => new ClassDelta(@class, slice.Slice, slice.Units, 0)),
                    .. reported.Late.Select(slice => new ClassDelta(@class, slice.Slice, 0, 0, LateUnits: slice.Units)),
                ]);
            case MemberLeft left:
                // What it used in the window leaves with it; it counts no more from the slice after its last.
                ClassDelta[] deltas =
                [
                    .. claim.Account.UsedAt(left.Slice).Select(used => new ClassDelta(@class, used.Slice, 0, 0, WindowUnits: -used.Units)),
                    new(@class, left.Slice + 1, 0, -1),
                ];
                var gone = new DirectoryChange(claim.Member, @class.Class, MemberStatus.Exited, claim.Account.Enrolled.UnixMs, left.At.UnixMs);
                return ledger.Append(claim.Member, bytes, deltas, gone);
            case Enrolled enrolled:
                var row = new DirectoryChange(claim.Member, @class.Class, MemberStatus.Active, enrolled.At.UnixMs);
                return ledger.Append(claim.Member, bytes, [new(@class, enrolled.Slice, 0, 1)], row);
            case StatusChanged changed:
                var status = new DirectoryChange(claim.Member, @class.Class, changed.Status, claim.Account.Enrolled.UnixMs);
                return ledger.Append(claim.Member, bytes, [], status);
            default:
                return ledger.Append(claim.Member, bytes, []);
        }
    }
}
