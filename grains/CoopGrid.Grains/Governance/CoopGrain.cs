using System.Collections.Immutable;
using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Governance;

/// <summary>Founds a co-op by its charter, answers what it is, and keeps the numbers by which its members decide.</summary>
[GrainType("coop")]
internal sealed class CoopGrain(
    [PersistentState(GrainStates.Coop, GrainStates.Storage)] IPersistentState<CoopCheckpoint> state,
    IMemberDirectory directory,
    IEntryBooks books,
    ICheckpointStore checkpoints,
    GridClock clock) : Grain, ICoopGrain
{
    // One commit covers what is enrolled side by side.
    private const int SideBySide = 256;

    private readonly StoredState<CoopCheckpoint> _stored = new(state);

    public async Task<bool> Found(string charterJson)
    {
        if (_stored.Last.Complete) return _stored.Last.CharterJson == charterJson;

        CharterReading reading = CharterReader.Read(charterJson);
        Charter charter = reading.Charter ?? throw new ArgumentException(string.Join(Environment.NewLine, reading.Errors));
        if (charter.Coop != this.GetPrimaryKeyString()) throw new ArgumentException($"The charter is of '{charter.Coop}'.");

        // Each step is harmless to repeat, so a founding that was broken off goes on from the start.
        Instant now = clock.Read().Now;
        PolicyOrigin origin = new() { Version = charter.Governance.Version, DecidedAt = now, ExecutedAt = now };
        await Write(new CoopCheckpoint { CharterJson = charterJson, Profile = ProfileOf(charter), Governance = [new(charter.Governance, origin)] });
        foreach (CharterClass founded in charter.Classes)
            await GrainFactory.GetGrain<IClassGrain>(new ClassId(charter.Coop, founded.Name).ToString()).Found(founded.Policy, charter.TimeZone);
        foreach (CharterMember[] some in charter.Members.Chunk(SideBySide))
            await Task.WhenAll(some.Select(member => Enroll(charter.Coop, member)));

        await Write(_stored.Last with { Complete = true });
        return true;
    }

    public ValueTask<CoopProfile?> GetProfile() => new(_stored.Last.Profile);

    public ValueTask<ImmutableArray<GovernanceVersion>> GetGovernance() => new(_stored.Last.ToVersions());

    public async Task<bool> Adopt(GovernanceVersion version)
    {
        GovernanceEffect executed = await ProposalBooks.ExecutedAsync<GovernanceEffect>(books, this.GetPrimaryKeyString(), version.Origin, CancellationToken.None);
        version = new(executed.Governance, executed.Origin);
        ImmutableArray<GovernanceVersion> versions = _stored.Last.ToVersions();
        int number = version.Governance.Version;
        bool isNew = !versions.Any(known => known.Origin == version.Origin);
        if (isNew && (versions.IsEmpty || number != versions[^1].Governance.Version + 1))
            throw new InvalidOperationException($"Version {number} of the governance numbers of {this.GetPrimaryKeyString()} does not follow.");
        if (isNew) await Write(_stored.Last with { Governance = versions.Add(version) });
        await checkpoints.FlushAsync(CancellationToken.None);
        return isNew;
    }

    public async Task<ExecutionTurn> BeginExecution(ExecutionTurn turn)
    {
        if (_stored.Last.Execution is { } held && held.Proposal != turn.Proposal) return held;
        await Write(_stored.Last with { Execution = turn });

        // What is executed then is durable at once, and must not outlive its turn in a power cut.
        await checkpoints.FlushAsync(CancellationToken.None);
        return turn;
    }

    public Task EndExecution(string proposal) =>
        _stored.Last.Execution?.Proposal == proposal ? Write(_stored.Last with { Execution = null }) : Task.CompletedTask;

    public ValueTask<ExecutionTurn?> GetExecution() => new(_stored.Last.Execution);

    private async Task Enroll(string coop, CharterMember member)
    {
        IMemberGrain grain = GrainFactory.GetGrain<IMemberGrain>(new MemberId(coop, member.Name).ToString());
        Expect(await grain.Enroll(member.Class), member.Name);
        foreach (string lane in member.Entitlements) Expect(await grain.Entitle(lane, entitled: true), member.Name);
        foreach (string sender in member.Senders) await directory.BindSenderAsync(coop, sender, member.Name, CancellationToken.None);
    }

    private Task Write(CoopCheckpoint next) => _stored.Write(_ => next);

    private static void Expect(MemberAnswer answer, string member)
    {
        if (answer.Outcome is not (MemberOutcome.Changed or MemberOutcome.Unchanged))
            throw new InvalidOperationException($"Founding member '{member}': {answer.Reason}");
    }

    private static CoopProfile ProfileOf(Charter charter) =>
        new(charter.Coop, charter.Name, charter.Currency, charter.TimeZone, [.. charter.Classes.Select(founded => founded.Name)]);
}
