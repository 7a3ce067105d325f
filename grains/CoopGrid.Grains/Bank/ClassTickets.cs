using System.Diagnostics.CodeAnalysis;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Bank;

/// <summary>
/// A class's calendar and its book: decide, store, answer. Used in the class grain's turns only.
/// <list type="number">
/// <item>The book has one history whatever happens to activations, because the store takes an entry only if its number is the next one. What was not stored, or
/// may not have been, ends the calendar in memory: it is read again before anything more is decided.</item>
/// <item>What is asked while entries are being stored is decided together next. Nothing is answered before all that it rests on is stored.</item>
/// <item>What a calendar that has ended knew stays set aside, and nothing more is said to be backed, until it is read again.</item>
/// </list>
/// </summary>
internal sealed partial class ClassTickets(ClassId @class, IEntryBooks books, GridClock clock, ILogger logger)
{
    private const int EntriesAtOnce = 1000;
    private const int MostAsked = 10_000;

    private readonly BookId _book = TicketBooks.Of(@class);
    private readonly TicketReserve _reserve = new();
    private readonly Queue<Question> _asked = new();
    private DeferralCalendar _calendar = new();
    private bool _isRead;
    private Task _work = Task.CompletedTask;

    /// <summary>What is told when nothing can be decided.</summary>
    public static TicketReply NotNow { get; } = new()
    {
        Outcome = Outcome.Unavailable,
        Reason = "The class can give no tickets at the moment; ask again with the same key.",
    };

    /// <summary>Number of the last entry.</summary>
    public long Sequence => _calendar.Sequence;

    /// <summary>Reads the book, from a checkpoint on.</summary>
    public async Task Read(CalendarCheckpoint from)
    {
        DeferralCalendar calendar = from.ToCalendar();
        IReadOnlyList<byte[]> entries;
        do
        {
            entries = await books.ReadAsync(_book, calendar.Sequence, EntriesAtOnce, CancellationToken.None);
            foreach (byte[] entry in entries) calendar.Apply(TicketEntryCodec.Decode(entry));
        }
        while (entries.Count == EntriesAtOnce);
        _calendar = calendar;
        _isRead = true;
    }

    /// <summary>Cuts a ticket by the policy in force.</summary>
    public Task<TicketReply> Ask(TicketAsk ask, ClassPolicy policy) => Enter(new(calendar =>
    {
        var request = new DeferralRequest(ask.Member, ask.Key, ask.Units, ask.WaitMs, ask.DeferUntilUnixMs);
        DeferralDecision decision = DeferralRule.Decide(calendar, request, clock.Read().Now, DeferralTerms.Of(policy));
        return (ReplyOf(decision), ask.Spend ? decision.Entry : null);
    }));

    /// <summary>Takes a ticket back.</summary>
    public Task Return(string member, long number) => Enter(new(calendar => (NotNow, calendar.Cancel(member, number))));

    /// <summary>What is reserved in each second of a span, instead of what was reserved there before.</summary>
    public Task Reserve(long from, long until, long unitsPerSecond) => _calendar.Loads.ReservedUnits(until - 1) == unitsPerSecond
        ? Task.CompletedTask
        : Enter(new(calendar => (NotNow, calendar.Reserve(from, until, unitsPerSecond))));

    /// <summary>What is to be set aside.</summary>
    public Lease Aside(int longestWaitMs, Instant now) => TicketReserve.Aside(_calendar.Loads, longestWaitMs, now);

    /// <summary>Which seconds are backed; also lets seconds pass, about once a second.</summary>
    public BackedSeconds Look(Lease? free, int longestWaitMs, in Reading reading)
    {
        if (!_isRead || _calendar.Expire(reading.Now) is not null) Work();
        return _reserve.Look(_isRead ? free : null, _calendar.Loads, longestWaitMs, reading.Micros, reading.Now);
    }

    /// <summary>What to store so that the book need not be read so far back; null while entries are being stored.</summary>
    public CalendarCheckpoint? Snapshot() => _isRead && _work.IsCompleted ? CalendarCheckpoint.From(_calendar) : null;

    private Task<TicketReply> Enter(Question question)
    {
        if (_asked.Count >= MostAsked) return Task.FromResult(NotNow);
        _asked.Enqueue(question);
        Work();
        return question.Task;
    }

    private void Work()
    {
        if (_work.IsCompleted) _work = WorkUntilDone();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever failed, what became of the entries is not known.")]
    private async Task WorkUntilDone()
    {
        List<Question> deciding = [];
        try
        {
            // The calendar as a whole: a checkpoint may be of an activation that was behind.
            if (!_isRead) await Read(new());
            do
            {
                deciding.Clear();
                while (_asked.Count > 0 && deciding.Count < EntriesAtOnce) deciding.Add(_asked.Dequeue());
                if (!await Store(deciding))
                {
                    Fail(deciding, null);
                    return;
                }

                foreach (Question question in deciding) question.TrySetResult(question.Reply);
            }
            while (_asked.Count > 0);
        }
        catch (Exception failure)
        {
            Fail(deciding, failure);
        }
    }

    private async Task<bool> Store(List<Question> deciding)
    {
        long after = _calendar.Sequence;
        List<byte[]> entries = [];
        if (_calendar.Expire(clock.Read().Now) is { } expired) Add(expired);
        foreach (Question question in deciding)
        {
            (question.Reply, TicketEntry? entry) = question.Decide(_calendar);
            if (entry is not null) Add(entry);
        }

        return entries.Count == 0 || await books.AppendAsync(_book, after, entries, CancellationToken.None);

        void Add(TicketEntry entry)
        {
            _calendar.Apply(entry);
            entries.Add(TicketEntryCodec.Encode(entry));
        }
    }

    private void Fail(List<Question> deciding, Exception? failure)
    {
        _isRead = false;
        LogNotStored(failure, @class);
        foreach (Question question in deciding) question.TrySetResult(NotNow);
        while (_asked.TryDequeue(out Question? question)) question.TrySetResult(NotNow);
    }

    private static TicketReply ReplyOf(DeferralDecision decision) => new()
    {
        Outcome = decision.Outcome.ToOutcome(),
        Number = decision.Ticket?.Number ?? 0,
        Units = decision.Ticket?.Units ?? 0,
        Second = decision.Ticket?.Second ?? 0,
        WaitMs = decision.Ticket?.WaitMs ?? 0,
        Reason = decision.Reason,
    };

    [LoggerMessage(LogLevel.Warning, "What was decided about tickets of class {Class} may not have been stored; its book is read again.")]
    private partial void LogNotStored(Exception? failure, ClassId @class);

    private sealed class Question(Func<DeferralCalendar, (TicketReply Reply, TicketEntry? Entry)> decide)
        : TaskCompletionSource<TicketReply>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Func<DeferralCalendar, (TicketReply Reply, TicketEntry? Entry)> Decide => decide;

        public TicketReply Reply { get; set; } = NotNow;
    }
}
