using CoopGrid.LoadTest.Schedule;

namespace CoopGrid.LoadTest.Chaos.Faults;

/// <summary>What a schedule is drawn for.</summary>
/// <param name="Silos">Places that are always meant to have a silo.</param>
/// <param name="LengthMs">Of the load.</param>
/// <param name="EvictionMs">After how long without a sign of life a silo is declared dead; freezes last longer.</param>
/// <param name="RecoveryMs">So long after a fault is over its place has no other.</param>
/// <param name="Kinds">The faults that can be made here.</param>
internal sealed record FaultScope(int Silos, int LengthMs, int EvictionMs, int RecoveryMs, IReadOnlyList<FaultKind> Kinds);

/// <summary>
/// A schedule of faults: a pure function of its seed and scope.
/// 1. Faults begin one after another, 0.5 to 4 s apart, the first after 3 s; the last has ended before the load does.
/// 2. At most one fault is at a silo, at the database, or at a link at a time; faults at different ones overlap.
/// 3. At least one silo has no fault of its own at any time.
/// 4. Every kind that is possible comes up once before any comes up often: kinds are dealt like cards, kills twice in each deck.
/// </summary>
internal static class FaultPlan
{
    private const int FirstAtMs = 3_000;
    private const int QuietAtEndMs = 3_000;
    private const int MostStepMs = 5_000;

    public static IReadOnlyList<Fault> Of(ulong seed, FaultScope scope)
    {
        var chance = new SplitMix(seed);
        var busy = new BusyPlaces(scope.Silos, scope.RecoveryMs);
        var faults = new List<Fault>();
        var deck = new List<FaultKind>();
        for (int at = FirstAtMs; at < scope.LengthMs - QuietAtEndMs; at += Between(chance, 500, 4_000))
        {
            if (deck.Count == 0) deck.AddRange(scope.Kinds.Concat(scope.Kinds.Where(kind => kind == FaultKind.Kill)));
            int card = chance.Below(deck.Count);
            Fault fault = Draw(at, deck[card], chance, scope);
            if (fault.AtMs + fault.ForMs > scope.LengthMs - QuietAtEndMs || !busy.Take(fault)) continue;
            deck.RemoveAt(card);
            faults.Add(fault);
        }

        return faults;
    }

    /// <summary>A fault of a kind, whether there is room for it or not.</summary>
    private static Fault Draw(int at, FaultKind kind, SplitMix chance, FaultScope scope)
    {
        int silo = chance.Below(scope.Silos);
        int other = scope.Silos < 2 ? -1 : (silo + 1 + chance.Below(scope.Silos - 1)) % scope.Silos;
        int shortMs = Between(chance, 300, 3_000), longMs = Between(chance, 1_000, 8_000);
        int stepMs = (1 + chance.Below(MostStepMs / 100)) * 100 * (chance.Below(2) == 0 ? 1 : -1);
        return kind switch
        {
            FaultKind.Kill => new(at, kind, longMs, silo),
            FaultKind.Freeze => new(at, kind, scope.EvictionMs + longMs, silo),
            FaultKind.Pause => new(at, kind, shortMs, silo),
            FaultKind.Drain => new(at, kind, shortMs, silo),
            FaultKind.Roll => new(at, kind),
            FaultKind.Join => new(at, kind, 5_000 + longMs),
            FaultKind.DatabaseRestart => new(at, kind),
            FaultKind.DatabaseCrash or FaultKind.DatabaseKill => new(at, kind, shortMs),
            FaultKind.CutDatabase or FaultKind.SilenceDatabase => new(at, kind, longMs, silo),
            FaultKind.CutSilos or FaultKind.SilenceSilos => new(at, kind, longMs, silo, other),
            _ => new(at, kind, 0, silo, StepMs: stepMs),
        };
    }

    private static int Between(SplitMix chance, int from, int to) => from + chance.Below(to - from);
}

/// <summary>Who has a fault until when, in ms of the schedule.</summary>
/// <param name="recoveryMs">A silo that comes back needs so long before it counts as well.</param>
internal sealed class BusyPlaces(int silos, int recoveryMs)
{
    private readonly int[] _silos = new int[silos];
    private int _database;
    private int _links;
    private int _joined;

    /// <summary>Takes the places of a fault for as long as it lasts.</summary>
    /// <returns>False, and nothing is taken, if they are not free or no silo would be left without a fault.</returns>
    public bool Take(Fault fault)
    {
        int until = fault.AtMs + fault.ForMs + recoveryMs;
        switch (fault.Kind)
        {
            case FaultKind.Roll:
                if (_silos.Any(busy => busy > fault.AtMs)) return false;
                // Drained and started one after another.
                Array.Fill(_silos, until + (recoveryMs * silos));
                return true;
            case FaultKind.Join:
                return Occupy(ref _joined, fault.AtMs, until);
            case FaultKind.DatabaseRestart or FaultKind.DatabaseCrash or FaultKind.DatabaseKill:
                return Occupy(ref _database, fault.AtMs, until);
            case FaultKind.CutSilos or FaultKind.SilenceSilos:
                return silos > 1 && Occupy(ref _links, fault.AtMs, until);
            case FaultKind.StepClock:
                return _silos[fault.Silo] <= fault.AtMs;
            case FaultKind.Kill or FaultKind.Freeze or FaultKind.Pause or FaultKind.Drain or FaultKind.CutDatabase or FaultKind.SilenceDatabase:
                bool lastOne = silos > 1 && _silos.Where((busy, place) => place != fault.Silo && busy > fault.AtMs).Count() >= silos - 1;
                return !lastOne && Occupy(ref _silos[fault.Silo], fault.AtMs, until);
            default:
                return false;
        }
    }

    private static bool Occupy(ref int busyUntil, int from, int until)
    {
        if (busyUntil > from) return false;
        busyUntil = until;
        return true;
    }
}
