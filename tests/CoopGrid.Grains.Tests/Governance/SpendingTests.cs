using CoopGrid.Domain.Billing.Books;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Governance;

/// <summary>Members spend the commons by a vote: once, and never more than there is.</summary>
public sealed class SpendingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Both were affordable when they were proposed. Seen to fail with the commons not read (both refused when they are proposed).</summary>
    [Fact]
    public async Task Of_two_spendings_that_do_not_both_fit_one_is_executed()
    {
        await using VotingIsle isle = await Funded(1000);
        VotingIsle.Refuse(ProposalOutcome.NotAffordable, await isle.Propose(Spend("the park", 1001), "p-0"));
        VotingIsle.Refuse(ProposalOutcome.Stale, await isle.Propose(Spend("zoe", 1, toMember: true), "p-0"));
        await isle.Queued(("p-1", Spend("the park", 600)), ("p-2", Spend("ann", 600, toMember: true)));
        VotingIsle.Accept(await isle.Proposal("p-1").Execute("anybody").Soon());
        VotingIsle.Refuse(ProposalOutcome.NotAffordable, await isle.Proposal("p-2").Execute("anybody").Soon());
        VotingIsle.Refuse(ProposalOutcome.Unchanged, await isle.Proposal("p-1").Execute("anybody").Soon());
        Assert.Equal(new Balances(0, -1000, 600, 400, 0), await BooksOf(isle));
        Assert.Null(await isle.Coop.GetExecution());

        // What could not be afforded is executed once it can.
        await Fund(isle, 500, step: 1);
        VotingIsle.Accept(await isle.Proposal("p-2").Execute("anybody").Soon());
        Assert.Equal(new Balances(600, -1500, 600, 300, 0), await BooksOf(isle));
        Assert.Equal(600, await isle.Silo.Service<IBillStore>().ReadBalanceAsync(new(GridSilo.Coop, "ann"), Cancellation));
        Assert.Single(await isle.Silo.Service<IBillStore>().ListHandedInAsync(GridSilo.Coop, new("ann", "ann"), Cancellation));
    }

    /// <summary>
    /// The silo dies after the execution is in the proposal's book and before it is posted, or after that too. Seen to fail with a key of each posting's own: the commons are
    /// spent again, or short.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_spending_is_posted_once_whenever_its_execution_is_broken_off(bool toMember)
    {
        await using VotingIsle isle = await Funded(1000);
        await isle.Queued(("p-1", Spend(toMember ? "ann" : "the park", 700, toMember)));
        isle.BreakAfterAppend();
        await Assert.ThrowsAnyAsync<Exception>(() => isle.Proposal("p-1").Execute("anybody").Soon());
        await isle.Pass(hours: 1);
        Assert.Equal(new Balances(0, -1000, 0, 1000, 0), await BooksOf(isle));

        for (int life = 0; life < 3; life++)
        {
            Assert.Equal(ProposalState.Executed, (await isle.Proposal("p-1").Get().Soon())!.State);
            VotingIsle.Refuse(ProposalOutcome.Unchanged, await isle.Proposal("p-1").Execute("anybody").Soon());
            Assert.Equal(toMember ? new Balances(700, -1000, 0, 300, 0) : new Balances(0, -1000, 700, 300, 0), await BooksOf(isle));
            await isle.Pass(hours: 1);
        }
    }

    /// <summary>
    /// The silo dies when the first execution is in its proposal's book and nothing is posted yet. Whoever executes the second one finishes the first, and then there is
    /// too little. Seen to fail with an execution that does not wait for its turn.
    /// </summary>
    [Fact]
    public async Task A_spending_that_was_broken_off_is_finished_before_the_next_one_is_decided()
    {
        await using VotingIsle isle = await Funded(1000);
        await isle.Queued(("p-1", Spend("the park", 600)), ("p-2", Spend("the pond", 600)));
        isle.BreakAfterAppend();
        await Assert.ThrowsAnyAsync<Exception>(() => isle.Proposal("p-1").Execute("anybody").Soon());
        await isle.Pass(hours: 1);
        VotingIsle.Refuse(ProposalOutcome.NotAffordable, await isle.Proposal("p-2").Execute("anybody").Soon());
        Assert.Equal(new Balances(0, -1000, 600, 400, 0), await BooksOf(isle));
        Assert.Null(await isle.Coop.GetExecution());
    }

    private static ProposalDraft Spend(string recipient, long microCredits, bool toMember = false) =>
        new("A bench", "For all of us.", new CommonsSpending(recipient, microCredits, toMember));

    private static async Task<VotingIsle> Funded(long microCredits)
    {
        VotingIsle isle = await VotingIsle.StartAsync();
        await Fund(isle, microCredits, step: 0);
        return isle;
    }

    // As the share of an epoch's revenue would be posted.
    private static async Task Fund(VotingIsle isle, long microCredits, long step) => Assert.True(await isle.Silo.Service<IBillStore>().WriteAsync(
        new()
        {
            Class = GridSilo.ClassOf("homes"),
            Epoch = 1,
            AfterStep = step,
            State = "{}",
            Entries = [new("", new(0, -microCredits, 0, microCredits, 0), "share")],
            UnixMs = 1,
        },
        Cancellation));

    private static async Task<Balances> BooksOf(VotingIsle isle) =>
        (await isle.Silo.Service<IBillStore>().ReadBooksAsync(GridSilo.Coop, Cancellation)).Balances;
}
