using System.Collections.Immutable;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Market;
using CoopGrid.Domain.Metering;
using CoopGrid.Model;

namespace CoopGrid.Domain.Usage;

/// <summary>An account's values at one sequence, without its keys.</summary>
public sealed record AccountSnapshot
{
    public MemberStatus Status { get; init; }

    public string Class { get; init; } = "";

    public Instant Enrolled { get; init; }

    public long Sequence { get; init; }

    public long LastSlice { get; init; } = long.MinValue;

    public long TotalUnits { get; init; }

    public string StatusReason { get; init; } = "";

    /// <summary>Slices in the window; 0 before enrolment.</summary>
    public int WindowSlices { get; init; }

    /// <summary>The newest slice that the window was rolled to.</summary>
    public long Newest { get; init; }

    public ImmutableArray<SliceUnits> Usage { get; init; } = [];

    public long QuotaSpentMicroUnits { get; init; }

    public Instant QuotaAt { get; init; }

    public BankAccount Bank { get; init; }

    public ReservationUse Reservation { get; init; }

    public ImmutableArray<Ticket> Tickets { get; init; } = [];

    public ImmutableArray<string> Entitlements { get; init; } = [];

    public ImmutableArray<MeterChain> Meters { get; init; } = [];

    public MemberEpochsSnapshot Epochs { get; init; } = new();

    public MemberLate Late { get; init; } = MemberLate.None;

    /// <summary>Null unless the member left in an epoch of its class.</summary>
    public FinalFigures? Final { get; init; }
}
