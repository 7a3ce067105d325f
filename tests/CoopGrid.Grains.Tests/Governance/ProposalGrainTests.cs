using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Governance;

/// <summary>From a proposal to what it brings about. Every span of time is another silo's: what counts is what is in the books.</summary>
public sealed class ProposalGrainTests
{
    /// <summary>
    /// Seen to fail with the electorate counted at any time (five), with entries applied and not appended (no proposal in the next life), and without the
    /// effect told (one version).
    /// </summary>
    [Fact]
    public async Task A_class_changes_after_a_vote_that_is_won_and_a_timelock_that_is_over()
    {
        await using VotingIsle isle = await VotingIsle.StartAsync();
        ProposalAnswer made = await isle.Propose();
        VotingIsle.Accept(made);
        Assert.Equal(new FieldChange("capacity.unitsPerSecond", "1000", "2000"), Assert.Single(made.Proposal!.Difference));
        Assert.Equal(ProposalState.Pending, made.Proposal.State);
        VotingIsle.Refuse(ProposalOutcome.NotStarted, await isle.Vote("ann"));
        VotingIsle.Refuse(ProposalOutcome.Unchanged, await isle.Propose());

        await isle.Pass(VotingIsle.VoteStarts);
        await isle.Silo.Step(1000);
        await isle.Silo.Enroll("eve", "homes");
        VotingIsle.Refuse(ProposalOutcome.EnrolledTooLate, await isle.Vote("eve"));
        VotingIsle.Refuse(ProposalOutcome.NotMember, await isle.Vote("zoe"));
        VotingIsle.Accept(await isle.Vote("ann"));
        VotingIsle.Refuse(ProposalOutcome.AlreadyVoted, await isle.Vote("ann", VoteChoice.Against));
        await GridSilo.Deactivate(isle.Proposal());
        VotingIsle.Refuse(ProposalOutcome.AlreadyVoted, await isle.Vote("ann", VoteChoice.Against));
        VotingIsle.Accept(await isle.Vote("bob"));
        ProposalView view = (await isle.Proposal().Get().Soon())!;
        Assert.Equal((4, new VoteTally(2, 0, 0), true), (view.Electorate, view.Tally, view.HasQuorum));
        VotingIsle.Refuse(ProposalOutcome.NotDecided, await isle.Proposal().Queue("anybody"));

        await isle.Pass(VotingIsle.VoteLasts);
        VotingIsle.Refuse(ProposalOutcome.Ended, await isle.Vote("cyd"));
        VotingIsle.Refuse(ProposalOutcome.NotQueued, await isle.Proposal().Execute("anybody"));
        VotingIsle.Accept(await isle.Proposal().Queue("anybody"));
        VotingIsle.Refuse(ProposalOutcome.Timelocked, await isle.Proposal().Execute("anybody"));
        Assert.Equal([(1, "")], await isle.History());

        await isle.Pass(VotingIsle.Timelock);
        VotingIsle.Accept(await isle.Proposal().Execute("anybody"));
        VotingIsle.Refuse(ProposalOutcome.Unchanged, await isle.Proposal().Execute("anybody"));
        Assert.Equal([(1, ""), (2, "p-1")], await isle.History());
        PolicyVersion version = (await isle.Homes.GetHistory())[^1];
        Assert.Equal("version 2, by proposal p-1: 2 for, 0 against, 0 abstained, of 4 members", version.Origin.ToString());
        Assert.Equal(VotingIsle.Founding.Window.SliceAt(isle.Now) + 1, version.FromSlice);
        Assert.Null(await isle.Coop.GetExecution());
    }

    /// <summary>
    /// The electorate is who was a member at the start, whenever it is counted. Seen to fail with members counted who are still there at the first vote (two,
    /// of whom one vote is half), and with the moment of leaving not written.
    /// </summary>
    [Fact]
    public async Task Who_leaves_after_the_start_is_of_the_electorate_and_votes_no_more()
    {
        await using VotingIsle isle = await VotingIsle.StartAsync();
        VotingIsle.Accept(await isle.Propose());
        await isle.Leave("dan");
        await isle.Pass(VotingIsle.VoteStarts);
        await isle.Silo.Step(1000);
        await isle.Leave("cyd");
        await isle.Silo.Enroll("eve", "homes");

        VotingIsle.Refuse(ProposalOutcome.NotMember, await isle.Vote("dan"));
        VotingIsle.Refuse(ProposalOutcome.NotMember, await isle.Vote("cyd"));
        VotingIsle.Refuse(ProposalOutcome.EnrolledTooLate, await isle.Vote("eve"));
        VotingIsle.Accept(await isle.Vote("ann"));
        ProposalView view = (await isle.Proposal().Get().Soon())!;
        Assert.Equal((3, false), (view.Electorate, view.HasQuorum));
    }

    /// <summary>
    /// The silo dies between the append and the class. Seen to fail with activations that do not tell the effect (one version), and with the class taking
    /// what it has again (an error).
    /// </summary>
    [Fact]
    public async Task What_a_crash_kept_from_its_class_is_told_once_and_changes_no_slice_that_has_begun()
    {
        await using VotingIsle isle = await VotingIsle.StartAsync();
        await isle.Queued(("p-1", VotingIsle.Draft(VotingIsle.Larger)));
        isle.BreakAfterAppend();
        await Assert.ThrowsAnyAsync<Exception>(() => isle.Proposal().Execute("anybody").Soon());
        await isle.Pass(hours: 5);
        Assert.Equal([(1, "")], await isle.History());

        Assert.Equal(ProposalState.Executed, (await isle.Proposal().Get().Soon())!.State);
        Assert.Equal([(1, ""), (2, "p-1")], await isle.History());
        long from = (await isle.Homes.GetHistory())[^1].FromSlice;
        Assert.Equal(VotingIsle.Founding.Window.SliceAt(isle.Now) + 1, from);

        await isle.Pass(hours: 1);
        Assert.Equal(ProposalState.Executed, (await isle.Proposal().Get().Soon())!.State);
        Assert.Equal([(1, ""), (2, "p-1")], await isle.History());
        Assert.Equal(from, (await isle.Homes.GetHistory())[^1].FromSlice);
    }

    /// <summary>
    /// The class cannot be told and the proposal lives on, as when the class's silo dies: whoever repeats the call has it told. Seen to fail with a call that
    /// finds it executed and leaves it at that (one version, until the proposal's next activation).
    /// </summary>
    [Fact]
    public async Task What_a_class_could_not_be_told_is_told_by_the_repeated_call()
    {
        await using VotingIsle isle = await VotingIsle.StartAsync();
        await isle.Queued(("p-1", VotingIsle.Draft(VotingIsle.Larger)));
        isle.BreakAdoption();
        await Assert.ThrowsAnyAsync<Exception>(() => isle.Proposal().Execute("anybody").Soon());
        Assert.Equal([(1, "")], await isle.History());

        VotingIsle.Refuse(ProposalOutcome.Unchanged, await isle.Proposal().Execute("anybody").Soon());
        Assert.Equal([(1, ""), (2, "p-1")], await isle.History());
        Assert.Null(await isle.Coop.GetExecution());
    }

    /// <summary>Both are based on version 1. Seen to fail with a turn that anybody is given (the second has no version to make).</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_two_changes_of_one_version_one_is_executed(bool brokenOff)
    {
        await using VotingIsle isle = await VotingIsle.StartAsync();
        ClassPolicy other = VotingIsle.Founding with { RelaxedAllowed = true };
        await isle.Queued(("p-1", VotingIsle.Draft(VotingIsle.Larger)), ("p-2", VotingIsle.Draft(other)));
        if (brokenOff)
        {
            isle.BreakAfterAppend();
            await Assert.ThrowsAnyAsync<Exception>(() => isle.Proposal("p-1").Execute("anybody").Soon());
            await isle.Pass(hours: 1);
            Assert.Equal("p-1", (await isle.Coop.GetExecution())!.Proposal);
            VotingIsle.Refuse(ProposalOutcome.Stale, await isle.Proposal("p-2").Execute("anybody").Soon());
            Assert.Equal([(1, ""), (2, "p-1")], await isle.History());
        }
        else
        {
            ProposalAnswer[] answers = await Task.WhenAll(isle.Proposal("p-1").Execute("anybody"), isle.Proposal("p-2").Execute("anybody")).Soon();
            Assert.Equal([ProposalOutcome.Stale, ProposalOutcome.Accepted], answers.Select(answer => answer.Outcome).Order());
            string won = answers[0].Outcome == ProposalOutcome.Accepted ? "p-1" : "p-2";
            Assert.Equal([(1, ""), (2, won)], await isle.History());
        }

        Assert.Null(await isle.Coop.GetExecution());
    }

    /// <summary>Seen to fail with numbers that are not written (version 1 in the next life).</summary>
    [Fact]
    public async Task New_numbers_hold_for_proposals_that_are_made_afterwards()
    {
        await using VotingIsle isle = await VotingIsle.StartAsync();
        GovernancePolicy numbers = (await isle.Coop.GetGovernance())[^1].Governance;
        var draft = new ProposalDraft("Time to read", "A vote should not begin at once.", new GovernanceChange(1, numbers with { VotingDelayMs = 7_200_000 }));
        await isle.Queued(("p-1", draft));
        VotingIsle.Accept(await isle.Propose(id: "before"));
        VotingIsle.Accept(await isle.Proposal("p-1").Execute("anybody").Soon());
        await isle.Pass(hours: 0);

        GovernanceVersion newest = (await isle.Coop.GetGovernance())[^1];
        Assert.Equal((2, 7_200_000, "p-1"), (newest.Governance.Version, newest.Governance.VotingDelayMs, newest.Origin.Proposal));
        VotingIsle.Accept(await isle.Propose(id: "after"));
        ProposalView[] views = [(await isle.Proposal("before").Get())!, (await isle.Proposal("after").Get())!];
        Assert.Equal([3_600_000, 7_200_000], views.Select(view => view.Start.UnixMs - view.MadeAt.UnixMs));
        Assert.Equal([1, 2], views.Select(view => view.Governance.Version));
    }

    /// <summary>Whoever is not let leaves nothing behind. Seen to fail with the name of a stranger taken for a member's.</summary>
    [Fact]
    public async Task What_may_not_be_is_refused_with_its_reason()
    {
        await using VotingIsle isle = await VotingIsle.StartAsync();
        var spending = new ProposalDraft("A bench", "For the park.", new CommonsSpending("the park", 1));
        VotingIsle.Refuse(ProposalOutcome.NotAffordable, await isle.Propose(spending));
        VotingIsle.Refuse(ProposalOutcome.Stale, await isle.Propose(VotingIsle.Draft(VotingIsle.Larger, basedOn: 2)));
        VotingIsle.Refuse(ProposalOutcome.Stale, await isle.Propose(new("More", "Why not?", new ClassPolicyChange("firms", 1, VotingIsle.Larger))));
        VotingIsle.Refuse(ProposalOutcome.Invalid, await isle.Propose(VotingIsle.Draft(VotingIsle.Founding)));
        ClassPolicy slower = VotingIsle.Founding with { Window = VotingIsle.Founding.Window with { SliceMs = 120_000 } };
        VotingIsle.Refuse(ProposalOutcome.NotChangeable, await isle.Propose(VotingIsle.Draft(slower)));
        VotingIsle.Refuse(ProposalOutcome.NotAllowed, await isle.Proposal().Propose(VotingIsle.Draft(VotingIsle.Larger), new("zoe", IsOperator: true)));
        Assert.Null(await isle.Proposal().Get());
        VotingIsle.Refuse(ProposalOutcome.ProposalUnknown, await isle.Vote("ann"));
        VotingIsle.Refuse(ProposalOutcome.ProposalUnknown, await isle.Proposal().Execute("anybody"));

        VotingIsle.Accept(await isle.Propose());
        VotingIsle.Refuse(ProposalOutcome.NotAllowed, await isle.Proposal().Cancel(new("bob", IsOperator: false), "I do not like it."));
        VotingIsle.Accept(await isle.Proposal().Cancel(new("ann", IsOperator: false), "A mistake."));
        ProposalView view = (await isle.Proposal().Get())!;
        Assert.Equal((ProposalState.Cancelled, "ann", "A mistake."), (view.State, view.CancelledBy, view.CancelReason));
        VotingIsle.Refuse(ProposalOutcome.Cancelled, await isle.Proposal().Queue("anybody"));
    }

    /// <summary>An append that arrived and is not known to have: the next activation reads it. Seen to fail with the activation kept (the vote is cast twice).</summary>
    [Fact]
    public async Task A_vote_whose_append_is_not_known_counts_once()
    {
        await using VotingIsle isle = await VotingIsle.StartAsync();
        VotingIsle.Accept(await isle.Propose());
        await isle.Pass(VotingIsle.VoteStarts);
        isle.BreakAfterAppend();
        await Assert.ThrowsAnyAsync<Exception>(() => isle.Vote("ann"));
        VotingIsle.Refuse(ProposalOutcome.AlreadyVoted, await isle.Vote("ann"));
        VotingIsle.Accept(await isle.Vote("bob", VoteChoice.Against));
        Assert.Equal(new VoteTally(1, 1, 0), (await isle.Proposal().Get())!.Tally);
    }
}
