using System.Collections.Immutable;
using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Governance;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <content>Keeps the policies: what was voted, what is in force, and what gates are told.</content>
internal sealed partial class ClassGrain
{
    // For so long after a change gates hear of the policy before it too: a silo's clock may be behind the class's.
    private const long SettleMs = 2000;

    public async Task<bool> Adopt(PolicyVersion version)
    {
        if (_log is null) throw new InvalidOperationException($"There is no class {_id}.");
        ClassPolicyEffect executed = await ProposalBooks.ExecutedAsync<ClassPolicyEffect>(books, _id.Coop, version.Origin, CancellationToken.None);
        if (executed.Class != _id.Class) throw new InvalidOperationException($"Proposal {version.Origin.Proposal} is about class {executed.Class}, not {_id.Class}.");
        Instant now = clock.Read().Now;
        Roll(now);
        PolicyHistory next = PolicyHistory.Restore(_id.Class, [.. _history!.Versions]);
        bool isNew = next.Add(executed.Version, Zone, now);
        if (isNew) await Write(last => CheckpointAfter(last) with { Policies = Told(next, now), History = [.. next.Versions] });
        _history = next;

        // What was voted survives a power cut too, as an admission does.
        await checkpoints.FlushAsync(CancellationToken.None);
        return isNew;
    }

    public ValueTask<ImmutableArray<PolicyVersion>> GetHistory()
    {
        if (_history is null) Forget();
        return new(_history is null ? [] : [.. _history.Versions]);
    }

    public ValueTask<ClassPolicies?> GetPolicies()
    {
        if (_history is null) Forget();
        return new(_history is null ? null : Told(_history, clock.Read().Now));
    }

    private string Zone => _stored.Last.Policies!.TimeZone;

    /// <summary>The change to come; if there is none, the last one while it is young; or only what is in force.</summary>
    private ClassPolicies Told(PolicyHistory history, Instant now)
    {
        long slice = history.Newest.Window.SliceAt(now);
        PolicyVersion current = history.InForceAt(slice);
        if (history.ChangeAfter(slice) is { } next) return new(current.Policy, next.Policy, next.FromSlice, Zone);
        long settled = history.Newest.Window.SliceAt(now.PlusMs(-SettleMs));
        return history.ChangeAfter(settled) is { } last && last == current
            ? new(history.InForceAt(settled).Policy, last.Policy, last.FromSlice, Zone)
            : new(current.Policy, null, 0, Zone);
    }
}
