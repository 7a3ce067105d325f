using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>
/// A member's bank as one immutable value: what it saved in off-peak slices and has not spent (SPEC.md §8). Whole units, all ≥ 0.
/// <list type="number">
/// <item><c>saved = spent + decayed + held</c>, exactly, after every step: a value that breaks it is not handed out.</item>
/// <item>Giving back makes <see cref="Spent"/> smaller; <see cref="Saved"/> and <see cref="Decayed"/> only grow.</item>
/// </list>
/// <c>default</c> is an empty bank that is settled through slice 0; a member's starts with <see cref="Opened"/>.
/// </summary>
/// <param name="Saved">Units saved so far.</param>
/// <param name="Spent">Of these, units that cover admissions.</param>
/// <param name="Decayed">Of these, units that went to the commons account.</param>
/// <param name="Held">Of these, units that can be spent.</param>
/// <param name="CarriedParts">What saving has left over, in parts of a unit, of which there are 1000 · <paramref name="WindowSlices"/>; less than one unit.</param>
/// <param name="WindowSlices">n of the last terms that were settled by; 0 before the first.</param>
/// <param name="SettledThrough">The last slice that is credited, with the decay that follows it.</param>
public readonly record struct BankAccount(
    long Saved, long Spent, long Decayed, long Held, long CarriedParts, int WindowSlices, long SettledThrough)
{
    /// <summary>The empty bank of a member that enrols in a slice, for which it counts.</summary>
    public static BankAccount Opened(long slice) => new(0, 0, 0, 0, 0, 0, slice - 1);

    /// <summary>After covering so many units of an admission.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than are held, or fewer than 0.</exception>
    public BankAccount Spend(long units)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(units, Held);
        return (this with { Spent = Spent + units, Held = Held - units }).Checked();
    }

    /// <summary>After a cancel gave back so many of the units that it had covered: as many as <see cref="Covered.GiveBack"/> takes off banked units.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than were spent, or fewer than 0.</exception>
    public BankAccount GiveBack(long units)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(units, Spent);
        return (this with { Spent = Spent - units, Held = Held + units }).Checked();
    }

    /// <summary>The value itself, if its books close; for values that come from a store too.</summary>
    /// <exception cref="InvalidOperationException">They do not.</exception>
    public BankAccount Checked()
    {
        bool parts = CarriedParts >= 0 && (CarriedParts == 0 || CarriedParts < 1000L * WindowSlices);
        if (Saved == Spent + Decayed + Held && Spent >= 0 && Decayed >= 0 && Held >= 0 && parts) return this;
        throw new InvalidOperationException($"A bank's books do not close: saved = spent + decayed + held does not hold for {this}.");
    }
}
