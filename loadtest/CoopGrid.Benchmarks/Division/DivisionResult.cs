namespace CoopGrid.Benchmarks.Division;

/// <summary>What one control period (1 s) of the simulation came to. Units, unless said otherwise.</summary>
/// <param name="Demanded">Asked for at silos that decide; each request once.</param>
/// <param name="Admitted">Admitted in the whole cluster.</param>
/// <param name="Wasted">Leased to lost silos that did not use it.</param>
/// <param name="Usable">The smaller of the demand and of what C left after that waste.</param>
/// <param name="ClassMicros">Processor time that the class spent in its exchanges, in microseconds.</param>
/// <param name="Exchanges">Exchanges that it answered.</param>
internal readonly record struct DivisionPeriod(long Demanded, long Admitted, long Wasted, long Usable, double ClassMicros, int Exchanges)
{
    /// <summary>What of the usable was used, in thousandths.</summary>
    public long UsedPermille => Usable == 0 ? 1000 : Admitted * 1000 / Usable;
}

/// <summary>What a simulation came to.</summary>
internal sealed record DivisionResult
{
    /// <summary>The most that any interval of any length exceeded C·T by, in micro-units: at most B, or the run would have ended.</summary>
    public long MostOverRateMicroUnits { get; init; }

    public long Requests { get; init; }

    public int LostSilos { get; init; }

    public int Joins { get; init; }

    /// <summary>Units that protected requests asked for and got, in periods that are judged.</summary>
    public long ProtectedAsked { get; init; }

    public long ProtectedGot { get; init; }

    public required IReadOnlyList<DivisionPeriod> Periods { get; init; }

    /// <summary>The periods that are judged: all but those at the beginning and the first after a change of the whole demand.</summary>
    public required IReadOnlyList<DivisionPeriod> Judged { get; init; }

    /// <summary>What was used of what could be, in all judged periods together, in thousandths.</summary>
    public long UsedPermille => Judged.Sum(period => Math.Min(period.Admitted, period.Usable)) * 1000 / Math.Max(1, Judged.Sum(period => period.Usable));

    public long WorstPeriodPermille => Judged.Min(period => period.UsedPermille);
}
