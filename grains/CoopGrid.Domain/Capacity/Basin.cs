namespace CoopGrid.Domain.Capacity;

/// <summary>
/// One bucket of a gate, in micro-units. In an array of them the last is shared and the others are floors: one for each lane, then the one of reservations.
/// </summary>
internal struct Basin
{
    /// <summary>What is in it, 0 to <see cref="Cap"/>.</summary>
    public long Level;

    /// <summary>What it holds.</summary>
    public long Cap;

    /// <summary>Its own part of the gate's inflow, in units/s: the whole ones.</summary>
    public long Rate;

    /// <summary>And the thousandths, 0 to 999.</summary>
    public long RateMills;

    /// <summary>Thousandths of a micro-unit that flowed in and are not yet a whole one: 0 to 999, and 0 in a full basin.</summary>
    public long Mills;

    /// <summary>Its part of the inflow in thousandths of a unit per second.</summary>
    public long MillsPerSecond
    {
        readonly get => (Rate * 1000) + RateMills;
        set => (Rate, RateMills) = Math.DivRem(value, 1000);
    }

    /// <summary>
    /// Lets time flow in, each basin its part. What a full floor cannot hold spills into the shared
    /// one, and what that cannot hold is lost. Nothing is rounded away: pouring for a + b is pouring for a, then for b.
    /// </summary>
    /// <param name="micros">0 to 2^50, and with the rates of all not above 2^61 micro-units.</param>
    public static void Pour(Span<Basin> basins, long micros)
    {
        long spilled = 0, spilledMills = 0;
        for (int i = 0; i < basins.Length - 1; i++)
        {
            ref Basin floor = ref basins[i];
            floor.Add(floor.Rate * micros, floor.RateMills * micros);
            spilled += floor.Overflow(ref spilledMills);
        }

        ref Basin shared = ref basins[^1];
        shared.Add((shared.Rate * micros) + spilled, (shared.RateMills * micros) + spilledMills);
        long lost = 0;
        shared.Overflow(ref lost);
    }

    /// <summary>Fills every basin.</summary>
    public static void Fill(Span<Basin> basins)
    {
        foreach (ref Basin basin in basins)
        {
            basin.Level = basin.Cap;
            basin.Mills = 0;
        }
    }

    private void Add(long whole, long mills)
    {
        mills += Mills;
        Level += whole + (mills / 1000);
        Mills = mills % 1000;
    }

    /// <summary>Cuts the basin down to what it holds and returns what that leaves over.</summary>
    private long Overflow(ref long mills)
    {
        if (Level < Cap) return 0;
        long over = Level - Cap;
        mills += Mills;
        Level = Cap;
        Mills = 0;
        return over;
    }
}
