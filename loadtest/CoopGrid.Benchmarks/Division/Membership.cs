using CoopGrid.Domain.Capacity;

namespace CoopGrid.Benchmarks.Division;

/// <summary>The silos, and which members are where.</summary>
internal sealed class Membership(DivisionSettings settings, Crowd crowd, Random random)
{
    private readonly List<SimulatedSilo> _silos = [];

    /// <summary>Silos that were lost.</summary>
    public int Lost { get; private set; }

    /// <summary>Silos that came later.</summary>
    public int Joined { get; private set; }

    /// <summary>Silos whose producers are not sealed.</summary>
    public List<SimulatedSilo> Unsealed { get; } = [];

    public IEnumerable<SimulatedSilo> Alive => Unsealed.Where(silo => silo.Life == SiloLife.Alive);

    public SimulatedSilo Of(int member) => _silos[crowd.SiloOf[member]];

    /// <summary>A new silo without members.</summary>
    public SimulatedSilo Open(CapacityPlan plan, long nowMicros)
    {
        var silo = new SimulatedSilo(new SimulatedGate(_silos.Count, plan, 1, nowMicros));
        _silos.Add(silo);
        Unsealed.Add(silo);
        return silo;
    }

    /// <summary>Every member is somewhere.</summary>
    public void Settle()
    {
        for (int member = 0; member < settings.Members; member++) Place(member, random.Next(_silos.Count));
    }

    /// <summary>A new silo to which its part of everybody's members goes.</summary>
    public SimulatedSilo Join(CapacityPlan plan, long nowMicros)
    {
        Joined++;
        int alive = Alive.Count() + 1;
        SimulatedSilo silo = Open(plan, nowMicros);
        foreach (SimulatedSilo other in Alive.Where(other => other != silo).ToArray())
        {
            int stay = other.Members.Count - (other.Members.Count / alive);
            foreach (int member in other.Members[stay..]) Place(member, (int)silo.Gate.Producer);
            other.Members.RemoveRange(stay, other.Members.Count - stay);
        }

        return silo;
    }

    /// <summary>Some silo is killed, or cut off from its class.</summary>
    public SimulatedSilo Lose()
    {
        SimulatedSilo[] alive = [.. Alive];
        SimulatedSilo silo = alive[random.Next(alive.Length)];
        silo.Life = random.Next(2) == 0 ? SiloLife.Dead : SiloLife.CutOff;
        Lost++;
        return silo;
    }

    /// <summary>The silo's members hop to others.</summary>
    public void Leave(SimulatedSilo silo)
    {
        SimulatedSilo[] alive = [.. Alive];
        foreach (int member in silo.Members) Place(member, (int)alive[random.Next(alive.Length)].Gate.Producer);
        silo.Members.Clear();
    }

    /// <summary>Nothing of what the silo decides counts any more.</summary>
    public void Seal(SimulatedSilo silo)
    {
        silo.Life = SiloLife.Dead;
        Unsealed.Remove(silo);
    }

    private void Place(int member, int silo)
    {
        crowd.SiloOf[member] = silo;
        _silos[silo].Members.Add(member);
    }
}
