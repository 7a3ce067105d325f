using System.Collections.Immutable;
using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Governance;

/// <summary>
/// A co-op's emergency actions: the fold of their book. Decide, append, apply, answer; one whose append failed, or may have, goes, and its next activation
/// reads the book. Nothing has to be told: each class reads the book for itself, and tells its gates with its signal.
/// </summary>
[GrainType("emergency")]
internal sealed class EmergencyGrain(IEntryBooks books, IMemberDirectory directory, GridClock clock) : Grain, IEmergencyGrain
{
    private string _coop = "";
    private EmergencyReader _actions = null!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _coop = this.GetPrimaryKeyString();
        _actions = new(books, _coop);
        return _actions.ReadAsync(cancellationToken);
    }

    public async Task<EmergencyAnswer> Declare(EmergencyAction action, string reason, Instant endsAt, Caller by)
    {
        EmergencyTarget target = await TargetOf(action);
        EmergencyDecision decision =
            EmergencyRule.Declare(_actions.Book, new(action, reason, endsAt), ActorOf(by), target, clock.Read().Now);
        return await Record(decision, decision.Entry?.Number ?? 0);
    }

    public Task<EmergencyAnswer> Lift(int number, string reason, Caller by) =>
        Record(EmergencyRule.Lift(_actions.Book, number, reason, ActorOf(by), clock.Read().Now), number);

    public Task<ImmutableArray<EmergencyView>> List(int after, int limit) =>
        Task.FromResult<ImmutableArray<EmergencyView>>([.. _actions.Book.All.Skip(after).Take(limit).Select(EmergencyViews.Of)]);

    private async Task<EmergencyAnswer> Record(EmergencyDecision decision, int number)
    {
        if (decision.Entry is { } entry)
        {
            try
            {
                if (!await _actions.AppendAsync(entry))
                    throw new InvalidOperationException($"Another activation has written to the emergency actions of {_coop} since this one read them.");
            }
            catch
            {
                // Whether it was written is not known: this memory is of the past.
                DeactivateOnIdle();
                throw;
            }
        }

        return new(decision.Outcome, decision.Reason, _actions.Book.Find(number) is { } found ? EmergencyViews.Of(found) : null);
    }

    private async Task<EmergencyTarget> TargetOf(EmergencyAction action)
    {
        ICoopGrain coop = GrainFactory.GetGrain<ICoopGrain>(_coop);
        CoopProfile profile = await coop.GetProfile() ?? throw new InvalidOperationException($"There is no co-op {_coop}.");
        GovernancePolicy governance = (await coop.GetGovernance())[^1].Governance;
        string? name = action switch
        {
            LowerCap cap => cap.Class,
            RaiseGuarantee raise => raise.Class,
            _ => null,
        };
        ClassPolicies? policies = name is not null && profile.Classes.Contains(name)
            ? await GrainFactory.GetGrain<IClassGrain>(new ClassId(_coop, name).ToString()).GetPolicies()
            : null;
        ClassPolicy? policy = policies?.At(policies.Current.Window.SliceAt(clock.Read().Now));
        return new(governance, profile.TimeZone, policy, action is SuspendMember suspend && await IsMember(suspend.Member));
    }

    private async Task<bool> IsMember(string name) => Ids.IsName(name)
        && await directory.FindMemberAsync(_coop, name, CancellationToken.None) is { Status: MemberStatus.Active or MemberStatus.Suspended };

    // Who an operator is is not known yet: whoever calls is taken at its word, as for proposals.
    private static Actor ActorOf(Caller by) => new(by.Name, MemberStatus.Unknown, default, by.IsOperator);
}
