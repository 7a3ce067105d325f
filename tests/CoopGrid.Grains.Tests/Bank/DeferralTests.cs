using CoopGrid.Domain.Bank;
using CoopGrid.Grains.Bank;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Market;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Bank;

/// <summary>
/// Tickets through grains (SPEC.md §8): "homes" has 100 units/s and gives tickets up to four minutes ahead; m1 floods its bulk lane, m0 has a deadline.
/// </summary>
public sealed class DeferralTests
{
    private static readonly ClassPolicy Policy = new()
    {
        Capacity = new() { UnitsPerSecond = 100, BurstUnits = 400, MaxRequestUnits = 10 },
        Tariff = new() { BaselineUnits = 4 },
        Deferral = new() { DeferMinMs = 1000, HorizonMs = 240_000, MemberCapUnits = 1000 },
    };

    private static readonly BookId Book = TicketBooks.Of(GridSilo.ClassOf("homes"));

    /// <summary>Seen to fail with a ticket that the account does not hold (TICKET_INVALID), and with one that is not used up (admitted twice).</summary>
    [Fact]
    public async Task What_finds_no_room_gets_a_ticket_that_admits_under_a_flood()
    {
        await using GridSilo silo = await Start();
        IMemberGrain member = silo.Member("m0");
        AdmissionAnswer quoted = await Refused(silo, () => member.Quote(Deferring("k")));
        Assert.Equal((Outcome.Deferred, ""), (quoted.Outcome, quoted.Ticket));
        AdmissionAnswer deferred = await member.Admit(Deferring("k")).Soon();
        Assert.Equal((Outcome.Deferred, new Covered(0, 0, 4, 0, 5), 1000), (deferred.Outcome, deferred.Covered, deferred.MultiplierPermille));
        Assert.Equal(9, (await member.GetState()).WindowUsageUnits);
        Assert.Equal((Outcome.Deferred, true, deferred.Ticket), await Told(member.Admit(Deferring("k"))));

        Assert.Equal(Outcome.TicketInvalid, (await silo.Member("m1").Admit(Redeeming("r", deferred.Ticket)).Soon()).Outcome);
        Assert.Equal((Outcome.Deferred, false, deferred.Ticket), await Told(member.Admit(Redeeming("r", deferred.Ticket))));
        await FloodUntil(silo, deferred.NotBeforeUnixMs);
        Assert.Equal(Outcome.CapacityExceeded, (await member.Admit(Ask.For("no ticket", 9, "bulk")).Soon()).Outcome);
        AdmissionAnswer admitted = await member.Admit(Redeeming("r", deferred.Ticket)).Soon();
        Assert.Equal((Outcome.Admitted, 1000, 9L), (admitted.Outcome, admitted.MultiplierPermille, admitted.Units));
        Assert.Equal(9, (await member.GetState()).WindowUsageUnits);
        Assert.True((await member.Admit(Redeeming("r", deferred.Ticket)).Soon()).Replayed);
        Assert.Equal(Outcome.TicketInvalid, (await member.Admit(Redeeming("another", deferred.Ticket)).Soon()).Outcome);
    }

    /// <summary>
    /// The book is written, then the silo dies before the account is. The retry gets the same ticket, which is charged once. Seen to fail with a calendar that
    /// does not look at the key (two tickets).
    /// </summary>
    [Fact]
    public async Task A_crash_between_book_and_account_leaves_one_ticket_for_the_key()
    {
        GridSilo silo = await Start();
        await Refused(silo, () => silo.Member("m0").Quote(Deferring("k")));
        silo.Store.Hold();
        Task<AdmissionAnswer> lost = silo.Member("m0").Admit(Deferring("k")).AsTask();
        await Eventually.True(() => Issued(silo.Disk).Count == 1, "the ticket in the book");
        await Eventually.True(() => silo.Store.Held > 0, "the entry on its way");
        await silo.Kill();
        _ = lost.ContinueWith(task => task.Exception, TaskScheduler.Default);
        Assert.DoesNotContain(silo.Disk.Admissions(), entry => entry.Issued is not null);

        await using GridSilo next = await GridSilo.StartAsync(silo.Disk, silo.Time);
        await next.Leased("homes");
        AdmissionAnswer again = await Deferred(next, "k");
        Assert.Equal(Issued(next.Disk).Single().Ticket.Text, again.Ticket);
        Assert.Equal(9, (await next.StateOf("m0")).WindowUsageUnits);
    }

    /// <summary>
    /// A cancel is lost with its silo: the ticket is good, so its room must still be its own. Seen to fail with a class that is told before the commit.
    /// </summary>
    [Fact]
    public async Task A_cancel_that_is_lost_leaves_the_ticket_its_room_and_one_that_is_not_gives_it_back()
    {
        GridSilo silo = await Start();
        AdmissionAnswer deferred = await Deferred(silo, "k");
        silo.Store.Hold();
        Task<CancelAnswer> lost = silo.Member("m0").Cancel("k", 0, "relay").AsTask();
        await Eventually.True(() => silo.Store.Held > 0, "the cancel on its way");
        await silo.Kill();
        _ = lost.ContinueWith(task => task.Exception, TaskScheduler.Default);
        Assert.Empty(Entries(silo.Disk).OfType<TicketCancelled>());

        await using GridSilo next = await GridSilo.StartAsync(silo.Disk, silo.Time);
        await next.Leased("homes");
        Assert.Equal((Outcome.Deferred, true, deferred.Ticket), await Told(next.Member("m0").Admit(Deferring("k"))));
        Assert.Equal((CancelOutcome.Returned, 9L), Returned(await next.Member("m0").Cancel("k", 0, "relay").Soon()));
        await Eventually.True(() => Entries(next.Disk).OfType<TicketCancelled>().Any(), "the room of the ticket that was given back");
        Assert.Equal(0, (await next.StateOf("m0")).WindowUsageUnits);
        Assert.Equal(Outcome.TicketInvalid, (await next.Member("m0").Admit(Redeeming("r", deferred.Ticket)).Soon()).Outcome);
    }

    /// <summary>Another activation has cut a ticket that this one has not read of. Seen to fail with a calendar that goes on after a refused append.</summary>
    [Fact]
    public async Task A_class_that_is_behind_its_book_decides_nothing_until_it_has_read_it()
    {
        await using GridSilo silo = await Start();
        await Refused(silo, () => silo.Member("m0").Quote(Deferring("k")));
        lock (silo.Disk.Lock)
        {
            long second = (NowMs(silo) / 1000) + 30;
            silo.Disk.Books[Book] = [TicketEntryCodec.Encode(new TicketIssued(1, new(1, "m1", "x", 9, second, 100)))];
        }

        Assert.Equal(Outcome.Unavailable, (await silo.Member("m0").Admit(Deferring("k")).Soon()).Outcome);
        await Deferred(silo, "k");
        Assert.Equal([1L, 2L], Issued(silo.Disk).Select(entry => entry.Ticket.Number));
    }

    /// <summary>Seconds pass by themselves, and an activation begins with the checkpoint's calendar and what its book has since.</summary>
    [Fact]
    public async Task A_successor_has_the_calendar_and_seconds_pass()
    {
        await using GridSilo silo = await Start();
        AdmissionAnswer deferred = await Deferred(silo, "k");
        await GridSilo.Deactivate(silo.Class("homes"));
        AdmissionAnswer second = await Deferred(silo, "k2");
        Assert.NotEqual(deferred.Ticket, second.Ticket);
        Assert.Equal([1L, 2L], Issued(silo.Disk).Select(entry => entry.Ticket.Number));
        await silo.Step((int)(second.NotBeforeUnixMs - NowMs(silo)) + 13_000);
        await Eventually.True(() => Entries(silo.Disk).OfType<TicketsExpired>().Any(), "seconds that pass");
        Assert.Equal(Outcome.TicketInvalid, (await silo.Member("m0").Admit(Redeeming("r", deferred.Ticket)).Soon()).Outcome);
    }

    /// <summary>
    /// The store hangs when the ticket is written: the caller hears that nothing is known, and its key gets that ticket later. Seen to fail without a limit on asking
    /// the class (never answered).
    /// </summary>
    [Fact]
    public async Task A_class_that_does_not_answer_is_not_waited_for()
    {
        await using GridSilo silo = await Start(TroubledBooks.PutBefore);
        await Refused(silo, () => silo.Member("m0").Quote(Deferring("k")));
        TroubledBooks books = silo.Service<TroubledBooks>();
        TaskCompletionSource open = new();
        (books.Open, int before, long from) = (open.Task, books.Appends, NowMs(silo));
        Task<AdmissionAnswer> answer = silo.Member("m0").Admit(Deferring("k")).AsTask();
        await Eventually.True(() => books.Appends > before, "the ticket on its way");
        await silo.AdvanceUntil(() => answer.IsCompleted, "an answer", 100);
        Assert.Equal(Outcome.Unavailable, (await answer).Outcome);
        Assert.InRange(NowMs(silo) - from, 1000, 3000);

        open.SetResult();
        AdmissionAnswer again = await Deferred(silo, "k");
        Assert.Equal(Issued(silo.Disk).Single().Ticket.Text, again.Ticket);
    }

    /// <summary>Room is set aside by the class's clock: a gate by another would redeem when it is not there. Seen to fail without the comparison of clocks.</summary>
    [Fact]
    public async Task A_gate_whose_clock_is_off_hears_of_no_backed_seconds()
    {
        await using GridSilo silo = await Start();
        await silo.AdvanceUntil(async () => await Through(0) > 0, () => "backed seconds", 25);
        Assert.All(new[] { -200, 200 }, offMs => Assert.True(Through(offMs).Result > 0));
        Assert.All(new[] { -300, 300 }, offMs => Assert.Equal(0, Through(offMs).Result));

        async Task<long> Through(int offMs) =>
            (await silo.Class("homes").Exchange(new() { Producer = 99, At = Instant.Now(silo.Time).PlusMs(offMs) }).Soon()).TicketsThrough;
    }

    /// <summary>
    /// The clock stands still, so a new activation of the class has not looked around yet. Seen to fail with tickets cut while a gate is silent, which may listen to the
    /// activation before, and with nothing set aside at the start (a lease of 100 units/s).
    /// </summary>
    [Fact]
    public async Task A_new_activation_cuts_no_ticket_before_it_has_heard_all_gates_and_leases_nothing_that_is_promised()
    {
        // Only the test speaks for the gate then.
        const long own = 1_000_000;
        bool isGateSilent = false;
        await using GridSilo silo = await Start(host => host.AddIncomingGrainCallFilter(call =>
            isGateSilent && call.MethodName == nameof(IClassGrain.Exchange) && call.Request.GetArgument(0) is GateReport { Exchange: < own }
                ? throw new IOException("The gate is not heard.")
                : call.Invoke()));
        AdmissionAnswer deferred = await Deferred(silo, "k");
        await silo.Step((int)(deferred.NotBeforeUnixMs - NowMs(silo)) - 5000);
        isGateSilent = true;
        long producer = silo.Service<LedgerWriter>().Producer, before = (await Exchange(0, own)).Epoch;
        await GridSilo.Deactivate(silo.Class("homes"));
        ClassSignal first = await Exchange(0, own);
        for (int i = 0; i < 100 && first.Epoch == before; i++) first = await Exchange(0, own);
        Assert.NotEqual(before, first.Epoch);

        var desk = silo.Grains.GetGrain<ITicketDesk>(GridSilo.ClassOf("homes").ToString());
        Assert.Equal(Outcome.Unavailable, (await desk.Defer(new("m0", "other", 9, 100, deferred.NotBeforeUnixMs + 60_000, Spend: true)).Soon()).Outcome);
        ClassSignal second = await Exchange(first.Epoch, own + 1);
        Assert.Equal(100 - 9, second.LeaseUnitsPerSecond);

        Task<ClassSignal> Exchange(long epoch, long exchange) =>
            silo.Class("homes").Exchange(new() { Producer = producer, LeaseEpoch = epoch, Exchange = exchange, At = Instant.Now(silo.Time) }).Soon();
    }

    /// <summary>
    /// A crash would bring the ticket back: whoever redeems it in a hurry waits for the commit all the same. Seen to fail with a ticket that is not waited for.
    /// </summary>
    [Fact]
    public async Task A_ticket_is_redeemed_durably_also_where_relaxed_answers_are_allowed()
    {
        await using GridSilo silo = await Start(policy: Policy with { RelaxedAllowed = true });
        AdmissionAnswer deferred = await Deferred(silo, "k");
        await FloodUntil(silo, deferred.NotBeforeUnixMs);
        silo.Store.Hold();
        Task<AdmissionAnswer> asked = silo.Member("m0").Admit(Redeeming("r", deferred.Ticket, relaxed: true)).AsTask();
        await Eventually.True(() => silo.Store.Held > 0, "the entry on its way");
        for (int i = 0; i < 10; i++) await silo.Class("homes").GetState().Soon();
        Assert.False(asked.IsCompleted);
        silo.Store.Release();
        Assert.Equal(Outcome.Admitted, (await asked.Soon()).Outcome);
    }

    private static async Task<GridSilo> Start(Action<ISiloBuilder>? more = null, ClassPolicy? policy = null)
    {
        GridSilo silo = await GridSilo.StartAsync(time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)), more: more);
        await silo.Found("homes", policy ?? Policy, 2);
        return silo;
    }

    /// <summary>Asks while another member takes all the room there is, until the answer is a decision for later.</summary>
    private static async Task<AdmissionAnswer> Refused(GridSilo silo, Func<ValueTask<AdmissionAnswer>> ask)
    {
        AdmissionAnswer? answer = null;
        await silo.AdvanceUntil(
            async () =>
            {
                await Flood(silo);
                answer = await ask().Soon();
                return answer.Outcome == Outcome.Deferred;
            },
            () => $"a ticket; last was {answer}",
            25);
        return answer!;
    }

    private static Task<AdmissionAnswer> Deferred(GridSilo silo, string key) => Refused(silo, () => silo.Member("m0").Admit(Deferring(key)));

    private static async Task FloodUntil(GridSilo silo, long unixMs)
    {
        while (NowMs(silo) < unixMs)
        {
            await silo.Step(100);
            await Flood(silo);
        }
    }

    private static async Task Flood(GridSilo silo)
    {
        while ((await silo.Member("m1").Admit(Ask.For(Guid.NewGuid().ToString("N"), 5, "bulk")).Soon()).Outcome == Outcome.Admitted)
        {
            // As long as there is room.
        }
    }

    private static long NowMs(GridSilo silo) => silo.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private static AdmissionRequest Deferring(string key) =>
        new() { Key = key, Units = 9, Lane = "bulk", MaxWaitMs = 0, DeferUntilUnixMs = DateTimeOffset.UnixEpoch.AddYears(57).ToUnixTimeMilliseconds(), Caller = "relay" };

    private static AdmissionRequest Redeeming(string key, string ticket, bool relaxed = false) =>
        new() { Key = key, Units = 9, Lane = "bulk", MaxWaitMs = 0, Ticket = ticket, Relaxed = relaxed, Caller = "relay" };

    private static async Task<(Outcome Outcome, bool Replayed, string Ticket)> Told(ValueTask<AdmissionAnswer> asked)
    {
        AdmissionAnswer answer = await asked.Soon();
        return (answer.Outcome, answer.Replayed, answer.Ticket);
    }

    private static (CancelOutcome Outcome, long Units) Returned(CancelAnswer answer) => (answer.Outcome, answer.ReturnedUnits);

    private static IReadOnlyList<TicketEntry> Entries(Disk disk)
    {
        lock (disk.Lock) return disk.Books.TryGetValue(Book, out List<byte[]>? stored) ? [.. stored.Select(entry => TicketEntryCodec.Decode(entry))] : [];
    }

    private static IReadOnlyList<TicketIssued> Issued(Disk disk) => [.. Entries(disk).OfType<TicketIssued>()];
}
