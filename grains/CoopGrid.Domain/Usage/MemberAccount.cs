using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Market;
using CoopGrid.Domain.Metering;
using CoopGrid.Model;

namespace CoopGrid.Domain.Usage;

/// <summary>
/// A member's account in memory: the fold of its entries. <see cref="Apply"/> is the only way to change it, for a decision just made and
/// for a replay alike, so both give the same account. Not thread-safe: its holder has one writer at a time.
/// </summary>
public sealed class MemberAccount
{
    private HashSet<string>? _entitlements;
    private Dictionary<string, MeterChain>? _meters;
    private int _windowSlices;
    private MemberEpochs _epochs = new();

    public MemberStatus Status { get; private set; }

    /// <summary>The customer class; empty before enrolment.</summary>
    public string Class { get; private set; } = "";

    public Instant Enrolled { get; private set; }

    /// <summary>Number of the last entry; 0 before the first.</summary>
    public long Sequence { get; private set; }

    /// <summary>The slice of the last entry: later entries count in it or after it.</summary>
    public long LastSlice { get; private set; } = long.MinValue;

    /// <summary>All units ever charged, less cancels.</summary>
    public long TotalUnits { get; private set; }

    /// <summary>Why the member is suspended, if it is.</summary>
    public string StatusReason { get; private set; } = "";

    /// <summary>Usage by slice; null before enrolment.</summary>
    public MemberWindow? Window { get; private set; }

    /// <summary>The member's own rate limit.</summary>
    public QuotaBucket Quota { get; private set; }

    /// <summary>What the member saved in quiet slices and has not spent, as of the last entry that touched it.</summary>
    public BankAccount Bank { get; private set; }

    /// <summary>What is used of the member's reservation, as of the last entry that used some.</summary>
    public ReservationUse Reservation { get; private set; }

    /// <summary>Tickets for later.</summary>
    public HeldTickets Tickets { get; } = new();

    /// <summary>Admissions of the dedupe window.</summary>
    public KeyMemory Keys { get; } = new();

    /// <summary>Refused demand of the running control period; null while nothing was refused. Not part of the fold: a restart forgets it.</summary>
    public RefusedDemand? Refused { get; private set; }

    public IReadOnlyCollection<string> Entitlements => (IReadOnlyCollection<string>?)_entitlements ?? [];

    public IReadOnlyCollection<MeterChain> Meters => (IReadOnlyCollection<MeterChain>?)_meters?.Values ?? [];

    /// <summary>Late units by epoch, and those whose adjustment lines may not be handed in yet.</summary>
    public MemberLate Late { get; private set; } = MemberLate.None;

    /// <summary>What the final bill is rated against; null unless the member left in an epoch of its class.</summary>
    public FinalFigures? Final { get; private set; }

    /// <summary>The slice of the enrolment; null before it.</summary>
    public long? EnrolledIn => _epochs.EnrolledIn;

    public bool IsEntitledTo(string lane) => _entitlements?.Contains(lane) ?? false;

    public MeterChain? Meter(string meter) => _meters?.GetValueOrDefault(meter);

    /// <summary>u as of <paramref name="slice"/>, without changing anything. Who has left has none; its window stays for what decays of its bank.</summary>
    public long UsageAt(long slice) => Status == MemberStatus.Exited ? 0 : Window?.UsageAt(slice) ?? 0;

    /// <summary>The slices of the window that ends with a slice, which hold units, oldest first.</summary>
    public IEnumerable<SliceUnits> UsedAt(long slice) => Window?.Held.Where(used => used.Slice > slice - _windowSlices) ?? [];

    /// <summary>Whether an epoch that holds the slice has begun.</summary>
    public bool CountsIn(long slice) => _epochs.Counts(slice);

    /// <summary>What the member is rated on for an epoch, up to and with a slice of it; null if the epoch is billed, and so no longer held.</summary>
    public MemberFigures? FiguresOf(EpochSlices epoch, long slice) => _epochs.FiguresOf(epoch, slice);

    /// <summary>The first slice from <paramref name="slice"/> on by which u is at most so many units, if nothing is charged.</summary>
    public long SliceWithAtMost(long most, long slice) => Window?.SliceWithAtMost(most, slice) ?? slice;

    /// <summary>The slice that an entry made now counts in (L5a).</summary>
    /// <param name="clockSlice">The slice that the clock shows.</param>
    /// <param name="mark">The producer's last mark: nothing more may be counted before it.</param>
    public long SliceFor(long clockSlice, long mark) => Math.Max(Math.Max(clockSlice, mark), LastSlice);

    /// <summary>Where a refusal is noted.</summary>
    public RefusedDemand Refusing() => Refused ??= new();

    /// <summary>Adds the next entry.</summary>
    /// <exception cref="InvalidOperationException">The entry's sequence is not the next one.</exception>
    public void Apply(MemberEntry entry)
    {
        if (entry.Sequence != Sequence + 1)
            throw new InvalidOperationException($"Entry {entry.Sequence} does not follow {Sequence}: the member's ledger has a gap.");

        switch (entry)
        {
            case Admitted admitted:
                Window!.Roll(admitted.Slice);
                Window.Add(admitted.Slice, admitted.CountedUnits);
                Quota = new(admitted.QuotaSpentMicroUnits, admitted.At);
                TotalUnits += admitted.CountedUnits;
                Bank = admitted.Bank ?? Bank;
                Reservation = admitted.Reservation ?? Reservation;
                if (admitted.Issued is { } issued) Tickets.Hold(issued, admitted.At);
                if (admitted.Ticket.Length > 0) Tickets.Use(admitted.Ticket, admitted.Key);
                _epochs.Add(admitted);

                // What the member held then answers no retry and gives nothing back; but a cancel must know which surged units were beyond a reservation.
                Keys.Remember(EntryExtras.Has(admitted)
                    ? admitted with { Bank = null, Reservation = admitted.IsBeyondReservation ? admitted.Reservation : null }
                    : admitted);
                break;
            case Cancelled cancelled:
                Window!.Roll(cancelled.Slice);
                Window.Add(cancelled.AdmittedSlice, -cancelled.CountedUnits);
                TotalUnits -= cancelled.CountedUnits;
                Bank = cancelled.Bank ?? Bank;
                if (CountsIn(cancelled.AdmittedSlice) && Keys.Find(cancelled.Key) is { } given) _epochs.Add(cancelled, given.Admitted);
                Keys.GiveBack(cancelled.Key, cancelled.ReturnedUnits);
                if (Tickets.ByKey(cancelled.Key) is { } returned) Tickets.Return(returned.Number);
                break;
            case UsageReported reported:
                Window!.Roll(reported.Slice);
                foreach (ReportedSlice slice in reported.InTime)
                {
                    Window.Add(slice.Slice, slice.Units);
                    TotalUnits += slice.Units;
                }

                Bank = reported.Bank ?? Bank;
                _epochs.Add(reported);
                if (!reported.LateEpochs.IsEmpty) Late = Late.With(reported);
                _meters![reported.Meter] = new(reported.Meter, reported.ReportSequence, reported.Payload, reported.Slices[^1].Slice);
                break;
            case Enrolled enrolled:
                Class = enrolled.Class;
                Status = MemberStatus.Active;
                Enrolled = enrolled.At;
                Window = new MemberWindow(enrolled.WindowSlices);
                _windowSlices = enrolled.WindowSlices;
                Bank = BankAccount.Opened(enrolled.Slice);
                _epochs.Enrol(enrolled.Slice);
                break;
            case StatusChanged changed:
                Status = changed.Status;
                StatusReason = changed.Reason;
                if (changed.Status == MemberStatus.Exited) _epochs.Leave(changed.Slice);
                break;
            case EntitlementChanged changed:
                if (changed.Entitled) (_entitlements ??= []).Add(changed.Lane);
                else _entitlements?.Remove(changed.Lane);
                break;
            case MeterRegistered registered:
                (_meters ??= []).TryAdd(registered.Meter, new(registered.Meter, 0, 0, long.MinValue));
                break;
            case EpochBegan began:
                _epochs.Begin(began);
                break;
            case MemberLeft left:
                Leave(left);
                break;
            case LateHandedIn handedIn:
                Late = Late.Without(handedIn);
                break;
            case BankDecayed decayed:
                _epochs.Decay(decayed.Epoch, decayed.Bank.Decayed - Bank.Decayed);
                Bank = decayed.Bank;
                break;
            case EvidenceKept:
                break;
            default:
                throw new InvalidOperationException($"Unknown entry {entry.GetType().Name}.");
        }

        Sequence = entry.Sequence;
        LastSlice = Math.Max(LastSlice, entry.Slice);
    }

    private void Leave(MemberLeft left)
    {
        Status = MemberStatus.Exited;
        StatusReason = left.Reason;
        Final = left.Final;
        _entitlements = null;
        _meters = null;
        _epochs.Leave(left.Slice);
    }

    /// <summary>The account as it was checkpointed.</summary>
    public static MemberAccount Restore(AccountSnapshot snapshot)
    {
        var account = new MemberAccount
        {
            Status = snapshot.Status,
            Class = string.Intern(snapshot.Class),
            Enrolled = snapshot.Enrolled,
            Sequence = snapshot.Sequence,
            LastSlice = snapshot.LastSlice,
            TotalUnits = snapshot.TotalUnits,
            StatusReason = snapshot.StatusReason,
            Window = snapshot.WindowSlices == 0 ? null : MemberWindow.Restore(snapshot.WindowSlices, snapshot.Newest, snapshot.Usage.AsSpan()),
            _windowSlices = snapshot.WindowSlices,
            Quota = new QuotaBucket(snapshot.QuotaSpentMicroUnits, snapshot.QuotaAt),
            Bank = snapshot.Bank.Checked(),
            Reservation = snapshot.Reservation,
            _epochs = MemberEpochs.Restore(snapshot.Epochs),
            Late = snapshot.Late,
            Final = snapshot.Final,
        };
        if (snapshot.Entitlements.Length > 0) account._entitlements = [.. snapshot.Entitlements];
        foreach (Ticket ticket in snapshot.Tickets) account.Tickets.Hold(ticket, new(long.MinValue));
        if (snapshot.Meters.Length > 0) account._meters = snapshot.Meters.ToDictionary(chain => chain.Meter);
        return account;
    }

    /// <summary>All but the keys, which are stored apart.</summary>
    public AccountSnapshot Snapshot() => new()
    {
        Status = Status,
        Class = Class,
        Enrolled = Enrolled,
        Sequence = Sequence,
        LastSlice = LastSlice,
        TotalUnits = TotalUnits,
        StatusReason = StatusReason,
        WindowSlices = _windowSlices,
        Newest = Window?.Newest ?? long.MinValue,
        Usage = Window is null ? [] : [.. Window.Held],
        QuotaSpentMicroUnits = Quota.SpentMicroUnits,
        QuotaAt = Quota.At,
        Bank = Bank,
        Reservation = Reservation,
        Entitlements = [.. Entitlements],
        Meters = [.. Meters],
        Epochs = _epochs.Snapshot(),
        Late = Late,
        Final = Final,
        Tickets = [.. Tickets.All],
    };
}
