using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Billing;

/// <summary>The figures of an epoch as its class and its members answer them.</summary>
internal sealed class GrainFigures(IGrainFactory grains) : IEpochFigures
{
    // So many members come into memory side by side for a closing: each keeps a processor busy, and half of them are left to what is admitted meanwhile.
    private static readonly int SideBySide = Math.Max(1, Environment.ProcessorCount / 2);

    public async Task<FrozenEpoch?> OfClassAsync(ClassId @class, long epoch, CancellationToken cancellation)
    {
        IClassGrain grain = ClassOf(@class);
        ClassEpochFigures? frozen = (await grain.GetEpochs()).FirstOrDefault(known => known.Number == epoch && known.IsFrozen);
        if (frozen is null || await grain.GetPolicies() is not { } policies) return null;
        WindowPolicy window = policies.Current.Window;
        var span = new EpochSpan(epoch, window.StartOf(frozen.FirstSlice), window.StartOf(frozen.EndSlice));
        return new(EpochMapping.ToFigures(@class, frozen), span, frozen.Tariff.CommonsPermille);
    }

    public async Task<IReadOnlyList<MemberFigures?>> OfMembersAsync(
        ClassId @class, long epoch, IReadOnlyList<string> members, CancellationToken cancellation)
    {
        var figures = new MemberFigures?[members.Count];
        int asked = -1;
        await Task.WhenAll(Enumerable.Range(0, SideBySide).Select(_ => AskInTurn()));
        return figures;

        async Task AskInTurn()
        {
            for (int next = Interlocked.Increment(ref asked); next < figures.Length; next = Interlocked.Increment(ref asked))
            {
                cancellation.ThrowIfCancellationRequested();
                figures[next] = await OfMember(new(@class.Coop, members[next]), epoch);
            }
        }
    }

    public Task BilledAsync(ClassId @class, long epoch, CancellationToken cancellation) => ClassOf(@class).EpochBilled(epoch);

    // Whoever has not heard yet that the epoch is closed hears it within an exchange: the closing asks again.
    private async Task<MemberFigures?> OfMember(MemberId member, long epoch)
    {
        EpochFiguresAnswer answer = await grains.GetGrain<IMemberGrain>(member.ToString()).GetEpoch(epoch);
        return answer.Outcome switch
        {
            EpochFiguresOutcome.Frozen => EpochMapping.ToFigures(answer.Figures!),
            EpochFiguresOutcome.MemberUnknown => MemberFigures.None,
            EpochFiguresOutcome.FinallyBilled => null,
            _ => throw new InvalidOperationException($"Member {member} has no figures of epoch {epoch} now: {answer.Outcome}."),
        };
    }

    private IClassGrain ClassOf(ClassId @class) => grains.GetGrain<IClassGrain>(@class.ToString());
}
