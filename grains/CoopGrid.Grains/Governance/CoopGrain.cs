using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Governance;

/// <summary>Founds a co-op by its charter and answers what it is.</summary>
[GrainType("coop")]
internal sealed class CoopGrain(
    [PersistentState(GrainStates.Coop, GrainStates.Storage)] IPersistentState<CoopCheckpoint> state,
    IMemberDirectory directory) : Grain, ICoopGrain
{
    // One commit covers what is enrolled side by side.
    private const int SideBySide = 256;

    public async Task<bool> Found(string charterJson)
    {
        if (state.State.Complete) return state.State.CharterJson == charterJson;

        CharterReading reading = CharterReader.Read(charterJson);
        Charter charter = reading.Charter ?? throw new ArgumentException(string.Join(Environment.NewLine, reading.Errors));
        if (charter.Coop != this.GetPrimaryKeyString()) throw new ArgumentException($"The charter is of '{charter.Coop}'.");

        // Each step is harmless to repeat, so a founding that was broken off goes on from the start.
        state.State = new CoopCheckpoint { CharterJson = charterJson, Profile = ProfileOf(charter) };
        await state.WriteStateAsync();
        foreach (CharterClass founded in charter.Classes)
            await GrainFactory.GetGrain<IClassGrain>(new ClassId(charter.Coop, founded.Name).ToString()).Found(founded.Policy, charter.TimeZone);
        foreach (CharterMember[] some in charter.Members.Chunk(SideBySide))
            await Task.WhenAll(some.Select(member => Enroll(charter.Coop, member)));

        state.State = state.State with { Complete = true };
        await state.WriteStateAsync();
        return true;
    }

    public ValueTask<CoopProfile?> GetProfile() => new(state.State.Profile);

    private async Task Enroll(string coop, CharterMember member)
    {
        IMemberGrain grain = GrainFactory.GetGrain<IMemberGrain>(new MemberId(coop, member.Name).ToString());
        Expect(await grain.Enroll(member.Class), member.Name);
        foreach (string lane in member.Entitlements) Expect(await grain.Entitle(lane, entitled: true), member.Name);
        foreach (string sender in member.Senders) await directory.BindSenderAsync(coop, sender, member.Name, CancellationToken.None);
    }

    private static void Expect(MemberAnswer answer, string member)
    {
        if (answer.Outcome is not (MemberOutcome.Changed or MemberOutcome.Unchanged))
            throw new InvalidOperationException($"Founding member '{member}': {answer.Reason}");
    }

    private static CoopProfile ProfileOf(Charter charter) =>
        new(charter.Coop, charter.Name, charter.Currency, charter.TimeZone, [.. charter.Classes.Select(founded => founded.Name)]);
}

/// <summary>What is stored of a co-op.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.coop.1")]
public sealed record CoopCheckpoint
{
    /// <summary>The founding charter as it was read.</summary>
    [Id(0)] public string CharterJson { get; init; } = "";

    [Id(1)] public CoopProfile? Profile { get; init; }

    /// <summary>Whether every class and member of the charter is there.</summary>
    [Id(2)] public bool Complete { get; init; }
}
