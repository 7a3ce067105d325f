using System.Globalization;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>A span of whole numbers, both ends included.</summary>
public readonly record struct LimitRange(long Min, long Max)
{
    public bool Holds(long value) => value >= Min && value <= Max;

    /// <summary>As in messages: "a whole number from 1 to 1,000".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"a whole number from {Min:N0} to {Max:N0}");
}

/// <summary>
/// Every range of a <see cref="ClassPolicy"/> in one place. They are chosen so that, together with the joint checks of
/// <see cref="PolicyRules"/>, no later arithmetic can overflow:
/// <list type="number">
/// <item>capacity: C·10⁶ and B·10⁶ micro-units are at most 10¹⁸, so a bucket's level and eight seconds of inflow fit 64 bits;</item>
/// <item>price: T is at least 1 and K at most 10¹⁴ units a period, so every product of the integer exponential fits 128 bits up to x = 16·K;
/// the highest cap is reached before 7·K;</item>
/// <item>bills: rate × what a class can carry in an epoch × the cap is at most <see cref="MaxBill"/>, so that a member's bill fits 64 bits
/// with its fixed fee, and times 1000·M fits 128 bits for up to <see cref="MaxMembers"/> members. Sums over a class are 128 bits;</item>
/// <item>reservations: one member's of one slot cost at most <see cref="MaxChargePerSecond"/> a second (the slot's book refuses more), so those of the
/// longest epoch add up to at most <see cref="MaxBill"/>, and with the rest of a bill they fit 64 bits.</item>
/// </list>
/// </summary>
public static class PolicyLimits
{
    /// <summary>Most members of one class.</summary>
    public const long MaxMembers = 100_000_000;

    /// <summary>Most micro-credits of one bill.</summary>
    public const long MaxBill = 4_000_000_000_000_000_000;

    /// <summary>Most micro-credits that one member's reservations may cost in a second.</summary>
    public const long MaxChargePerSecond = MaxBill / (MaxSpanMs / 1000);

    /// <summary>Greatest K = T·d·14427/10000 of the integer exponential, in units.</summary>
    public const long MaxK = 100_000_000_000_000;

    public const int MaxLanes = 8;
    public const int MaxWeights = 32;
    public const int MaxTouBands = 64;

    /// <summary>Longest grace, in slices.</summary>
    public const int MaxGraceSlices = 31;

    /// <summary>Longest window and longest fixed epoch.</summary>
    public const long MaxSpanMs = 366L * DayMs;

    internal const long DayMs = 86_400_000;
    internal const int MinutesPerDay = 1440;

    public static readonly LimitRange SliceMs = new(100, DayMs);
    public static readonly LimitRange Slices = new(1, 10_000);
    public static readonly LimitRange GraceMs = new(0, MaxGraceSlices * DayMs);
    public static readonly LimitRange FixedMs = new(0, MaxSpanMs);

    /// <summary>Micro-credits: up to a million credits per member and epoch.</summary>
    public static readonly LimitRange FixedFee = new(0, 1_000_000_000_000);

    /// <summary>Micro-credits per unit: up to a million credits.</summary>
    public static readonly LimitRange Rate = new(0, 1_000_000_000_000);

    public static readonly LimitRange ComfortPermille = new(0, 100_000);
    public static readonly LimitRange BaselineUnits = new(0, 1_000_000_000_000_000);
    public static readonly LimitRange CommonsPermille = new(0, 1000);

    public static readonly LimitRange UnitsPerSecond = new(1, 1_000_000_000_000);
    public static readonly LimitRange BurstUnits = new(1, 1_000_000_000_000);
    public static readonly LimitRange MaxRequestUnits = new(1, 1_000_000_000_000);

    public static readonly LimitRange GuaranteedPermille = new(0, 999);
    public static readonly LimitRange LongestWaitMs = new(0, 10_000);

    public static readonly LimitRange QuotaUnitsPerSecond = new(0, 1_000_000_000_000);
    public static readonly LimitRange QuotaBurstUnits = new(0, 1_000_000_000_000);
    public static readonly LimitRange QuotaWindowUnits = new(0, 1_000_000_000_000_000_000);

    public static readonly LimitRange ControlPeriodMs = new(100, 3_600_000);
    public static readonly LimitRange TargetPermille = new(1, 1000);
    public static readonly LimitRange DoublingPeriods = new(1, 100_000);
    public static readonly LimitRange CapPermille = new(1000, 1_000_000);
    public static readonly LimitRange TouPermille = new(1, 1_000_000);

    public static readonly LimitRange SlotMs = new(1000, DayMs);
    public static readonly LimitRange GateClosureMs = new(0, 7 * DayMs);
    public static readonly LimitRange AheadMs = new(1000, MaxSpanMs);
    public static readonly LimitRange SellablePermille = new(0, 999);

    /// <summary>Micro-credits per unit: up to a million credits. The reserve price and every bid.</summary>
    public static readonly LimitRange UnitPrice = new(0, 1_000_000_000_000);

    /// <summary>A member's cap; without 0, also what a bid or a purchase asks for.</summary>
    public static readonly LimitRange ReservedUnitsPerSecond = new(0, 1_000_000_000_000);

    public static readonly LimitRange OveragePermille = new(1000, 1_000_000);

    /// <summary>What is saved of an unused baseline, and what decays of what is held.</summary>
    public static readonly LimitRange BankPermille = new(0, 1000);

    public static readonly LimitRange BankUnits = new(0, 1_000_000_000_000_000);

    public static readonly LimitRange DeferMinMs = new(1000, 3_600_000);
    public static readonly LimitRange DeferralHorizonMs = new(0, DayMs);
    public static readonly LimitRange TicketUnits = new(1, 1_000_000_000_000);

    public static readonly LimitRange WeightUnits = new(1, 1_000_000_000);
    public static readonly LimitRange WeightPer = new(1, 1_000_000_000_000);

    /// <summary>10 minutes to 7 days.</summary>
    public static readonly LimitRange DedupeWindowMs = new(10 * 60_000, 7 * DayMs);
}
