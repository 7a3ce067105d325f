using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Market;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Admission;

/// <summary>What the class looks like to one decision: the gate's last signal and one reading of the clock.</summary>
/// <param name="Now">The reading, as UTC.</param>
/// <param name="MonotonicMicros">The same reading on the monotonic clock that the class's room flows by, in µs.</param>
/// <param name="Policy">The policy in force in the running slice.</param>
/// <param name="Mean">S and N of the last signal.</param>
/// <param name="MultiplierPermille">The price in force.</param>
/// <param name="Mark">The producer's last mark: nothing may be counted before this slice.</param>
/// <param name="Period">The running control period.</param>
public readonly record struct Conditions(
    Instant Now,
    long MonotonicMicros,
    ClassPolicy Policy,
    Mean Mean,
    int MultiplierPermille,
    long Mark,
    long Period)
{
    /// <summary>What the member has reserved of the running slot; default if nothing.</summary>
    public ReservedRate Reserved { get; init; }

    /// <summary>What was used before this slice is on closed bills and cannot be given back; only a cancel asks for it.</summary>
    public long ClosedBefore { get; init; } = long.MinValue;

    /// <summary>The reason of the emergency action that suspends the member now; null if there is none.</summary>
    public string? SuspendedFor { get; init; }

    /// <summary>Which final slices members have saved in, and by which terms; null in a class that never had a bank.</summary>
    public BankHistory? Bank { get; init; }

    /// <summary>The seconds whose tickets may be redeemed; by default none.</summary>
    public BackedSeconds Backed { get; init; }

    /// <summary>The ticket that the class has cut for this request, which found no room or too high a price before.</summary>
    public Ticket? Cut { get; init; }

    /// <summary>The slice that an entry of the member made now counts in.</summary>
    public long SliceOf(MemberAccount account) => account.SliceFor(Policy.Window.SliceAt(Now), Mark);
}
