using System.Collections.Immutable;
using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Governance;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <content>
/// Goes by the co-op's emergency actions: reads their book a few times a second, whoever wrote to it, so that nothing is lost between a declaration and its effect.
/// A suspension lapses at gates by their own clocks, though the class is not heard; what a cap or a guarantee was changed to, when it is heard again.
/// </content>
internal sealed partial class ClassGrain
{
    private async Task ReadEmergencies()
    {
        _emergencies ??= new(books, _id.Coop);
        await _emergencies.ReadAsync(CancellationToken.None);
    }

    /// <summary>Actions that have not ended: suspensions of the whole co-op, since nobody here knows whose members are whose, and what is about this class.</summary>
    private ImmutableArray<EmergencyView> EmergenciesAt(Instant now)
    {
        EmergencyBook book = _emergencies!.Book;
        if (book.All.Count == 0) return [];
        Instant present = book.TimeAt(now);
        return [.. book.All.Where(emergency => emergency.EndsAt > present && IsOurs(emergency.Declared.Action)).Select(EmergencyViews.Of)];
    }

    private bool IsOurs(EmergencyAction action) => action switch
    {
        LowerCap cap => cap.Class == _id.Class,
        RaiseGuarantee raise => raise.Class == _id.Class,
        _ => true,
    };

    /// <summary>What the class goes by at a moment where this policy was voted.</summary>
    private EffectivePolicy EffectiveAt(ClassPolicy voted, Instant at) => EffectivePolicy.At(_id.Class, voted, _emergencies!.Book, Zone, at);

    /// <summary>The multiplier in force. A lower cap holds at once, but for a metered class: there a slice has one price.</summary>
    private int MultiplierAt(Instant now)
    {
        int multiplier = _price!.MultiplierAt(_inForce!, now);
        return _effective!.Applied.IsEmpty || _inForce!.Entry == UsageEntry.Metered
            ? multiplier
            : Math.Min(multiplier, _effective.Policy.Price.CapPermille);
    }
}
