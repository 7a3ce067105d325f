using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Domain.Billing.Stored;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Model;

namespace CoopGrid.Grains.Billing;

/// <summary>
/// Posts credits: refunds, payments, shares of the commons. A credit is in the books when its posting returns, and stands on the member's next bill. Its key is
/// the poster's: the same credit again changes nothing, another one with the same key is refused.
/// </summary>
public sealed class Credits(IBillStore store, IMemberDirectory directory, GridClock clock)
{
    /// <inheritdoc cref="CreditRule.MostMicroCredits"/>
    public const long MostMicroCredits = CreditRule.MostMicroCredits;

    // No key of an operator's begins with it.
    private const string ProposalKey = "\u0001proposal/";

    public const int LongestReason = 512;

    /// <summary>
    /// Posts what an executed proposal spends of the commons, once, however often it is tried: to a member as a credit on its next bill, or outside the grid.
    /// </summary>
    /// <exception cref="OperationCanceledException">The outcome is unknown, as after any failure: post it again.</exception>
    public Task<CreditPosting> SpendAsync(string coop, string proposal, CommonsSpending spending, CancellationToken cancellation)
    {
        string reason = $"Proposal {proposal}: {spending.Recipient}", key = ProposalKey + proposal;
        return spending.ToMember
            ? PostKeyedAsync(new(coop, spending.Recipient), CreditSource.CommonsShare, spending.MicroCredits, reason, key, cancellation)
            : PayOutAsync(coop, key, reason, spending.MicroCredits, cancellation);
    }

    /// <summary>Posts one.</summary>
    /// <exception cref="OperationCanceledException">The outcome is unknown, as after any failure: post it again with its key.</exception>
    public async Task<CreditPosting> PostAsync(MemberId member, CreditSource source, long microCredits, string reason, string key, CancellationToken cancellation) =>
        Ids.IsName(key)
            ? await PostKeyedAsync(member, source, microCredits, reason, key, cancellation)
            : Refused(CreditPostingOutcome.Invalid, "A key is needed, 1 to 128 bytes without control characters: it tells a repeat.");

    private async Task<CreditPosting> PostKeyedAsync(
        MemberId member, CreditSource source, long microCredits, string reason, string key, CancellationToken cancellation)
    {
        if (microCredits > MostMicroCredits) return Refused(CreditPostingOutcome.Invalid, $"A credit is at most {MostMicroCredits} micro-credits.");
        if (reason.Length > LongestReason) return Refused(CreditPostingOutcome.Invalid, $"A reason has at most {LongestReason} characters.");
        var wanted = new CreditLine { Epoch = BillCodec.NoEpoch(member.Coop), PolicyVersion = 0, Source = source, Credit = microCredits, Reason = reason };
        bool isKnown = await store.IsHandedInAsync(member.Coop, key, cancellation);

        // A known key is answered by what became of it, whatever the commons hold now.
        Balances books = isKnown ? new() { Commons = MostMicroCredits } : (await store.ReadBooksAsync(member.Coop, cancellation)).Balances;
        CreditAnswer answer = CreditRule.Decide(books, member, wanted);
        if (answer.Outcome is CreditOutcome.AmountNotPositive or CreditOutcome.ReasonMissing) return Refused(CreditPostingOutcome.Invalid, answer.Reason);
        if (await directory.FindMemberAsync(member.Coop, member.Member, cancellation) is null)
            return Refused(CreditPostingOutcome.MemberUnknown, $"There is no member '{member.Member}' in '{member.Coop}'.");
        if (answer.Entry is not { } entry) return Refused(CreditPostingOutcome.CommonsShort, answer.Reason);

        var handIn = new HandIn(member, key, BillCodec.EncodeLine(member.Coop, wanted), BillingSteps.ToRow(entry), clock.Read().Now.UnixMs);
        return Told(await store.HandInAsync(handIn, cancellation), key);
    }

    // Nobody's line: it waits for no bill, and its key posts the entry once.
    private async Task<CreditPosting> PayOutAsync(string coop, string key, string reason, long microCredits, CancellationToken cancellation)
    {
        var line = new CreditLine { Epoch = BillCodec.NoEpoch(coop), PolicyVersion = 0, Source = CreditSource.CommonsShare, Credit = microCredits, Reason = reason };
        EntryRow entry = BillingSteps.ToRow(CreditRule.PayOut(microCredits, reason));
        var handIn = new HandIn(new(coop, ""), key, BillCodec.EncodeLine(coop, line), entry, clock.Read().Now.UnixMs);
        return Told(await store.HandInAsync(handIn, cancellation), key);
    }

    private static CreditPosting Told(HandInAnswer taken, string key) => taken.Outcome switch
    {
        HandInOutcome.KeyConflict => Refused(CreditPostingOutcome.KeyConflict, $"The key '{key}' is another credit's: nothing is posted. Use a key of its own."),
        HandInOutcome.CommonsShort => Refused(CreditPostingOutcome.CommonsShort, "The commons were spent meanwhile."),
        HandInOutcome.TakenBefore => new(CreditPostingOutcome.PostedBefore, taken.Entry),
        _ => new(CreditPostingOutcome.Posted, taken.Entry),
    };

    private static CreditPosting Refused(CreditPostingOutcome outcome, string reason) => new(outcome, 0, reason);
}

/// <summary>What became of a credit, in order of precedence.</summary>
public enum CreditPostingOutcome
{
    None = 0,

    /// <summary>No key, no reason, or an amount that is not above 0 or too large.</summary>
    Invalid = 1,

    MemberUnknown = 2,

    /// <summary>The key is another credit's.</summary>
    KeyConflict = 3,

    /// <summary>It is in the books already: nothing was posted again.</summary>
    PostedBefore = 4,

    /// <summary>The commons hold less.</summary>
    CommonsShort = 5,

    Posted = 6,
}

/// <summary>An answer to a credit.</summary>
/// <param name="Entry">The number of its entry in the co-op's books; 0 if it was refused.</param>
/// <param name="Reason">For refusals: what was wrong.</param>
public sealed record CreditPosting(CreditPostingOutcome Outcome, long Entry, string Reason = "");
