using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Market;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <summary>A member's bank as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.bank.1")]
public readonly record struct StoredBank(
    [property: Id(0)] long Saved,
    [property: Id(1)] long Spent,
    [property: Id(2)] long Decayed,
    [property: Id(3)] long Held,
    [property: Id(4)] long CarriedParts,
    [property: Id(5)] int WindowSlices,
    [property: Id(6)] long SettledThrough)
{
    public static StoredBank From(BankAccount bank) =>
        new(bank.Saved, bank.Spent, bank.Decayed, bank.Held, bank.CarriedParts, bank.WindowSlices, bank.SettledThrough);

    public BankAccount ToAccount() => new(Saved, Spent, Decayed, Held, CarriedParts, WindowSlices, SettledThrough);
}

/// <summary>What is used of a member's reservation, as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.reservation.1")]
public readonly record struct StoredReservation([property: Id(0)] long SpentMicroUnits, [property: Id(1)] long LendableMicroUnits, [property: Id(2)] Instant At)
{
    public static StoredReservation From(ReservationUse use) => new(use.SpentMicroUnits, use.LendableMicroUnits, use.At);

    public ReservationUse ToUse() => new(SpentMicroUnits, LendableMicroUnits, At);
}
