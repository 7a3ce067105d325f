using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Governance;

/// <summary>
/// A co-op of four members, with a vote an hour after its proposal that lasts a day, a quorum of half, and a timelock of a day. Time passes while no
/// silo runs: each span begins a new life on the same disk.
/// </summary>
internal sealed class VotingIsle : IAsyncDisposable
{
    public const int VoteStarts = 1;
    public const int VoteLasts = 24;
    public const int Timelock = 24;

    public static readonly ClassPolicy Founding = new()
    {
        Window = new() { SliceMs = 60_000, Slices = 60, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 30 * 86_400_000L } },
        Capacity = new() { UnitsPerSecond = 1000, BurstUnits = 2000, MaxRequestUnits = 100 },
    };

    public static readonly ClassPolicy Larger = Founding with { Capacity = Founding.Capacity with { UnitsPerSecond = 2000 } };

    private static readonly GovernancePolicy Numbers = new()
    {
        VotingDelayMs = VoteStarts * 3_600_000L,
        VotingPeriodMs = VoteLasts * 3_600_000L,
        QuorumPermille = 500,
        LateQuorumExtensionMs = 0,
        TimelockMs = Timelock * 3_600_000L,
    };

    private static readonly string[] Members = ["ann", "bob", "cyd", "dan"];

    private readonly Disk _disk = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000));
    private readonly FragileBooks _books = new();
    private int _deafClass;

    private VotingIsle()
    {
    }

    /// <summary>The silo of this life.</summary>
    public GridSilo Silo { get; private set; } = null!;

    public Instant Now => Instant.Now(_clock);

    public IClassGrain Homes => Silo.Class("homes");

    public ICoopGrain Coop => Silo.Grains.GetGrain<ICoopGrain>(GridSilo.Coop);

    public static async Task<VotingIsle> StartAsync()
    {
        var isle = new VotingIsle();
        await isle.Begin();
        string members = string.Join(", ", Members.Select(name => $$"""{ "name": "{{name}}", "class": "homes" }"""));
        string charter = $$"""
            { "coop": "{{GridSilo.Coop}}", "governance": {{GovernanceJson.Write(Numbers)}}, "classes": { "homes": {{PolicyJson.Write(Founding)}} }, "members": [ {{members}} ] }
            """;
        Assert.True(await isle.Coop.Found(charter).Soon());
        return isle;
    }

    public IProposalGrain Proposal(string id = "p-1") => Silo.Grains.GetGrain<IProposalGrain>(new ProposalId(GridSilo.Coop, id).ToString());

    public static ProposalDraft Draft(ClassPolicy policy, int basedOn = 1) =>
        new("More capacity", "The cable is there.", new ClassPolicyChange("homes", basedOn, policy));

    public Task<ProposalAnswer> Propose(ProposalDraft? draft = null, string id = "p-1") =>
        Proposal(id).Propose(draft ?? Draft(Larger), new("ann", IsOperator: false)).Soon();

    public Task<ProposalAnswer> Vote(string member, VoteChoice choice = VoteChoice.For, string id = "p-1") => Proposal(id).Vote(member, choice).Soon();

    /// <summary>The member leaves the co-op, as soon as its silo has heard of the running epoch.</summary>
    public Task Leave(string member) => Silo.AdvanceUntil(
        async () => (await Silo.Member(member).Exit("Moves away.").Soon()).Outcome is MemberOutcome.Changed or MemberOutcome.Unchanged,
        () => $"{member} has not left",
        stepMs: 50);

    /// <summary>The proposals are made, won and in their timelock, which is over.</summary>
    public async Task Queued(params (string Id, ProposalDraft Draft)[] proposals)
    {
        foreach ((string id, ProposalDraft draft) in proposals) Accept(await Propose(draft, id));
        await Pass(VoteStarts);
        foreach ((string id, _) in proposals)
        {
            Accept(await Vote("ann", id: id));
            Accept(await Vote("bob", id: id));
        }

        await Pass(VoteLasts);
        foreach ((string id, _) in proposals) Accept(await Proposal(id).Queue("anybody").Soon());
        await Pass(Timelock);
    }

    /// <summary>The proposals' next executions are appended to their books, and then the silo knows nothing of it.</summary>
    public void BreakAfterAppend() => _books.Break();

    /// <summary>The class does not hear of its next policy.</summary>
    public void BreakAdoption() => _deafClass = 1;

    /// <summary>The silo dies by a power cut, and another one starts so many hours later.</summary>
    public async Task Pass(int hours)
    {
        await Silo.Kill();
        _clock.Advance(TimeSpan.FromHours(hours));
        await Begin();
    }

    public async Task<IReadOnlyList<(int Version, string By)>> History() =>
        [.. (await Homes.GetHistory().Soon()).Select(version => (version.Policy.Version, version.Origin.Proposal))];

    public static void Accept(ProposalAnswer answer) => Assert.True(answer.Outcome == ProposalOutcome.Accepted, $"{answer.Outcome}: {answer.Reason}");

    /// <summary>A refusal says why.</summary>
    public static void Refuse(ProposalOutcome expected, ProposalAnswer answer)
    {
        Assert.Equal(expected, answer.Outcome);
        Assert.NotEmpty(answer.Reason);
    }

    public ValueTask DisposeAsync() => Silo.DisposeAsync();

    private async Task Begin() => Silo = await GridSilo.StartAsync(_disk, _clock, silo =>
    {
        ServiceDescriptor real = silo.Services.Last(service => service.ServiceType == typeof(IEntryBooks));
        silo.Services.AddSingleton<IEntryBooks>(_books.Over((IEntryBooks)real.ImplementationInstance!));
        silo.AddIncomingGrainCallFilter(call =>
        {
            bool lost = call.InterfaceMethod.Name == nameof(IClassGrain.Adopt) && Interlocked.Exchange(ref _deafClass, 0) != 0;
            return lost ? throw new IOException("The class's silo is gone.") : call.Invoke();
        });
    });

    /// <summary>Books whose next append arrives, and is not known to have.</summary>
    private sealed class FragileBooks
    {
        private int _broken;

        public void Break() => _broken = 1;

        public IEntryBooks Over(IEntryBooks real) => new Books(this, real);

        private sealed class Books(FragileBooks fragile, IEntryBooks real) : IEntryBooks
        {
            public async Task<bool> AppendAsync(BookId book, long after, IReadOnlyList<byte[]> entries, CancellationToken cancellation)
            {
                bool appended = await real.AppendAsync(book, after, entries, cancellation);
                return Interlocked.Exchange(ref fragile._broken, 0) == 0 ? appended : throw new IOException("Written, but who knows.");
            }

            public Task<IReadOnlyList<byte[]>> ReadAsync(BookId book, long after, int limit, CancellationToken cancellation) =>
                real.ReadAsync(book, after, limit, cancellation);

            public Task<IReadOnlyList<string>> ListAsync(string coop, string kind, string after, int limit, CancellationToken cancellation) =>
                real.ListAsync(coop, kind, after, limit, cancellation);
        }
    }
}
