using CoopGrid.Model;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>
/// Voting as one would run it by hand: somebody looks at the clock every hour, and moves each paper from one tray to the next. It shares nothing with the
/// rules: no facts, no spans of time, no cross-multiplication; the trays are stored.
/// </summary>
internal sealed class SlowGovernance
{
    private readonly HashSet<int> _members = [];

    public List<Paper> Papers { get; } = [];

    public int PolicyVersion { get; private set; } = 1;

    public int NumbersVersion { get; private set; } = 1;

    public SlowNumbers Numbers { get; set; } = new(2, 6, 500, 3, 24, 30);

    public long Commons { get; private set; } = 100;

    /// <summary>The clock strikes.</summary>
    public void Look(long hour)
    {
        foreach (Paper paper in Papers)
        {
            if (paper.Tray == ProposalState.Pending && hour >= paper.Opens)
            {
                paper.Tray = ProposalState.Active;
                paper.MayVote = [.. _members];
                paper.Electorate = _members.Count;
            }

            if (paper.Tray == ProposalState.Active && hour >= paper.Closes)
            {
                paper.Tray = paper.IsWon ? ProposalState.Succeeded : ProposalState.Defeated;
                paper.GoneAt = paper.Closes + paper.Numbers.Execution;
            }

            if (paper.Tray is ProposalState.Succeeded or ProposalState.Queued && hour >= paper.GoneAt) paper.Tray = ProposalState.Expired;
        }
    }

    /// <summary>Does it if it may be done.</summary>
    public bool Do(Act act, long hour)
    {
        if (act.Kind == ActKind.Join) return _members.Add(act.Who);
        if (act.Kind == ActKind.Leave)
        {
            foreach (Paper open in Papers) open.MayVote.Remove(act.Who);
            return _members.Remove(act.Who);
        }

        if (act.Kind == ActKind.Propose) return Propose(act, hour);
        if (act.Number >= Papers.Count) return false;
        Paper paper = Papers[act.Number];
        return act.Kind switch
        {
            ActKind.Vote => Vote(paper, act.Who, act.Choice, hour),
            ActKind.Cancel => act.Who == paper.By && _members.Contains(act.Who) && Move(paper, ProposalState.Cancelled, ProposalState.Pending, ProposalState.Active, ProposalState.Succeeded, ProposalState.Queued),
            ActKind.Queue => Queue(paper, hour),
            ActKind.Execute => Execute(paper, hour),
            _ => false,
        };
    }

    private bool Propose(Act act, long hour)
    {
        if (!_members.Contains(1)) return false;
        int newest = act.Number == 0 ? PolicyVersion : NumbersVersion;
        if (act.Number != 2 && act.Who == 1) return false;
        if (act.Number == 2 && Commons < 30) return false;
        long opens = hour + Numbers.Delay;
        Papers.Add(new() { Asks = act.Number, BasedOn = newest, By = 1, Numbers = Numbers, Opens = opens, Closes = opens + Numbers.Period });
        return true;
    }

    private static bool Vote(Paper paper, int who, VoteChoice choice, long hour)
    {
        if (paper.Tray != ProposalState.Active || !paper.MayVote.Contains(who) || !paper.Box.TryAdd(who, choice)) return false;
        if (paper.HasQuorum && !paper.QuorumWasSeen)
        {
            paper.QuorumWasSeen = true;
            while (paper.Closes - hour < paper.Numbers.Extension) paper.Closes++;
        }

        return true;
    }

    private static bool Queue(Paper paper, long hour)
    {
        if (!Move(paper, ProposalState.Queued, ProposalState.Succeeded)) return false;
        paper.UnlocksAt = hour + paper.Numbers.Timelock;
        paper.GoneAt = paper.UnlocksAt + paper.Numbers.Execution;
        return true;
    }

    private bool Execute(Paper paper, long hour)
    {
        if (paper.Tray != ProposalState.Queued || hour < paper.UnlocksAt) return false;
        bool can = paper.Asks switch { 0 => PolicyVersion == paper.BasedOn, 1 => NumbersVersion == paper.BasedOn, _ => Commons >= 30 };
        if (!can) return false;
        if (paper.Asks == 0) PolicyVersion++;
        if (paper.Asks == 2) Commons -= 30;
        if (paper.Asks == 1)
        {
            NumbersVersion++;
            Numbers = Numbers with { Quorum = 1100 - Numbers.Quorum, Period = 15 - Numbers.Period };
        }

        return Move(paper, ProposalState.Executed, ProposalState.Queued);
    }

    private static bool Move(Paper paper, ProposalState to, params ProposalState[] from)
    {
        if (!from.Contains(paper.Tray)) return false;
        paper.Tray = to;
        return true;
    }
}

/// <summary>Hours and per-mille.</summary>
internal sealed record SlowNumbers(long Delay, long Period, int Quorum, long Extension, long Timelock, long Execution);

/// <summary>A proposal in its tray.</summary>
internal sealed class Paper
{
    public required int Asks { get; init; }

    public required int BasedOn { get; init; }

    public required int By { get; init; }

    public required SlowNumbers Numbers { get; init; }

    public required long Opens { get; init; }

    public required long Closes { get; set; }

    public ProposalState Tray { get; set; } = ProposalState.Pending;

    public HashSet<int> MayVote { get; set; } = [];

    public int Electorate { get; set; }

    public Dictionary<int, VoteChoice> Box { get; } = [];

    public bool QuorumWasSeen { get; set; }

    public long UnlocksAt { get; set; }

    public long GoneAt { get; set; }

    public bool HasQuorum
    {
        get
        {
            int needed = 0;
            while (needed * 1000 < Electorate * Numbers.Quorum) needed++;
            return Box.Values.Count(choice => choice != VoteChoice.Against) >= needed;
        }
    }

    public bool IsWon => HasQuorum && Box.Values.Count(choice => choice == VoteChoice.For) > Box.Values.Count(choice => choice == VoteChoice.Against);
}
