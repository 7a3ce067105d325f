using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>A co-op's emergency actions: the fold of their entries, which is also what is published. Nothing is ever taken out. One writer at a time.</summary>
public sealed class EmergencyBook
{
    private readonly List<Emergency> _all = [];

    /// <summary>Every action ever, by number from 1 on.</summary>
    public IReadOnlyList<Emergency> All => _all;

    public int NextNumber => _all.Count + 1;

    /// <summary>When the last entry was made.</summary>
    public Instant LastAt { get; private set; }

    /// <summary>The book's present: the clock's time, but never before the last entry, so that a clock that goes back brings back nothing that was lifted.</summary>
    public Instant TimeAt(Instant clock) => Instant.Max(clock, LastAt);

    /// <summary>The action of that number, or null.</summary>
    public Emergency? Find(int number) => number >= 1 && number <= _all.Count ? _all[number - 1] : null;

    /// <summary>The actions in force at a moment, in the order they were declared; a past one too. The present is <see cref="TimeAt"/>.</summary>
    public ImmutableArray<Emergency> InForceAt(Instant at) => [.. _all.Where(emergency => emergency.IsInForceAt(at))];

    /// <summary>The action that suspends a member at a moment, the one that lasts longest; null if none is in force.</summary>
    public Emergency? SuspensionOf(string member, Instant at) => InForceAt(at)
        .Where(emergency => emergency.Declared.Action == new SuspendMember(member))
        .MaxBy(emergency => emergency.EndsAt);

    /// <summary>The first instant after a moment at which an action begins or ends; null if none does. A lapse still to come counts.</summary>
    public Instant? ChangeAfter(Instant at)
    {
        Instant? first = null;
        foreach (Emergency emergency in _all)
        {
            if (emergency.Declared.At > at && (first is null || emergency.Declared.At < first)) first = emergency.Declared.At;
            if (emergency.EndsAt > at && (first is null || emergency.EndsAt < first)) first = emergency.EndsAt;
        }

        return first;
    }

    /// <summary>Adds the next entry.</summary>
    /// <exception cref="InvalidOperationException">A declared action that is not the next one, or a lifted one that is not there or was lifted.</exception>
    public void Apply(EmergencyEntry entry)
    {
        switch (entry)
        {
            case EmergencyDeclared declared when declared.Number == NextNumber:
                _all.Add(new(declared, null));
                break;
            case EmergencyLifted lifted when Find(lifted.Number) is { Lifted: null } found:
                _all[lifted.Number - 1] = found with { Lifted = lifted };
                break;
            default:
                throw new InvalidOperationException($"{entry.GetType().Name} {entry.Number} does not follow {_all.Count} actions.");
        }

        LastAt = Instant.Max(LastAt, entry.At);
    }

    /// <summary>The book as it was stored.</summary>
    /// <param name="all">As <see cref="All"/> gave it.</param>
    public static EmergencyBook Restore(IEnumerable<Emergency> all)
    {
        EmergencyBook book = new();
        foreach (Emergency emergency in all)
        {
            book.Apply(emergency.Declared);
            if (emergency.Lifted is { } lifted) book.Apply(lifted);
        }

        return book;
    }
}
