using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Billing;

/// <summary>A store that tells members when the lines that wait for their next bill have changed (<see cref="WaitingLines"/>).</summary>
internal sealed class ToldBills(IBillStore store, IGrainFactory grains) : IBillStore
{
    /// <summary>How long who posts a credit waits for the member. What it posts is in the books by then.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public async Task<HandInAnswer> HandInAsync(HandIn handIn, CancellationToken cancellation)
    {
        HandInAnswer answer = await store.HandInAsync(handIn, cancellation);

        // Also if it was taken before: whoever handed it in then may have died before it told.
        if (answer.Outcome is not (HandInOutcome.Taken or HandInOutcome.TakenBefore) || handIn.Member.Member.Length == 0) return answer;
        Task told = Tell(handIn.Member);

        // Who posts a credit sees it at once. Other lines may be handed in by the member itself, on its way out of memory: it would wait for its next activation.
        if (handIn.Entry is null) told.Ignore();
        else await told.WaitAsync(Patience, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return answer;
    }

    public async Task<bool> WriteAsync(BillingStep step, CancellationToken cancellation)
    {
        if (!await store.WriteAsync(step, cancellation)) return false;

        // Nobody waits for it: a closing goes on.
        foreach (NewBill bill in step.Bills.Where(bill => bill.HandedIn.Count > 0)) Tell(new(step.Class.Coop, bill.Member)).Ignore();
        return true;
    }

    public Task<EpochRow?> FindEpochAsync(ClassId @class, long epoch, CancellationToken cancellation) => store.FindEpochAsync(@class, epoch, cancellation);

    public Task<IReadOnlyList<EpochRow>> ListEpochsAsync(ClassId @class, int limit, CancellationToken cancellation) =>
        store.ListEpochsAsync(@class, limit, cancellation);

    public Task<IReadOnlyList<string>> ListBilledAsync(ClassId @class, long epoch, NameRange members, CancellationToken cancellation) =>
        store.ListBilledAsync(@class, epoch, members, cancellation);

    public Task<IReadOnlyList<HandedInRow>> ListHandedInAsync(string coop, NameRange members, CancellationToken cancellation) =>
        store.ListHandedInAsync(coop, members, cancellation);

    public Task<bool> IsHandedInAsync(string coop, string key, CancellationToken cancellation) => store.IsHandedInAsync(coop, key, cancellation);

    public Task<BillRow?> FindBillAsync(string coop, long number, CancellationToken cancellation) => store.FindBillAsync(coop, number, cancellation);

    public Task<BillRow?> FindBillAsync(ClassId @class, long epoch, string member, CancellationToken cancellation) =>
        store.FindBillAsync(@class, epoch, member, cancellation);

    public Task<IReadOnlyList<BillRow>> ListBillsAsync(string coop, string? member, long after, int limit, CancellationToken cancellation) =>
        store.ListBillsAsync(coop, member, after, limit, cancellation);

    public Task<IReadOnlyList<BillRow>> ListEpochBillsAsync(ClassId @class, long epoch, string after, int limit, CancellationToken cancellation) =>
        store.ListEpochBillsAsync(@class, epoch, after, limit, cancellation);

    public Task<BooksRow> ReadBooksAsync(string coop, CancellationToken cancellation) => store.ReadBooksAsync(coop, cancellation);

    public Task<long> ReadBalanceAsync(MemberId member, CancellationToken cancellation) => store.ReadBalanceAsync(member, cancellation);

    private async Task Tell(MemberId member) => await grains.GetGrain<IMemberGrain>(member.ToString()).LinesChanged();
}
