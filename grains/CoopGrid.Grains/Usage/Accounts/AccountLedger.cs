using CoopGrid.Domain.Usage;
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

    /// <summary>Appends and applies an entry; call under the claim's gate.</summary>
    /// <param name="class">The member's class after the entry.</param>
    /// <returns>The commit to wait for; null if nothing may be decided now, and then nothing is changed.</returns>
    public Commit? Record(MemberClaim claim, MemberEntry entry, ClassId @class)
    {
        if (ledger.IsStalled) return null;
        dirty.Enter(claim, new(ledger.Producer, ledger.NextPosition));
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
                return ledger.Append(claim.Member, bytes, [new(@class, admitted.Slice, admitted.Units, 0)]);
            case Cancelled cancelled:
                return ledger.Append(claim.Member, bytes, [new(@class, cancelled.AdmittedSlice, -cancelled.Units, 0)]);
            case UsageReported reported:
                ClassDelta[] deltas = [.. reported.Slices.Select(slice => new ClassDelta(@class, slice.Slice, slice.Units, 0))];
                return ledger.Append(claim.Member, bytes, deltas);
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
