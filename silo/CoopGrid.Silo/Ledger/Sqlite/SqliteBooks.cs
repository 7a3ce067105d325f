using System.Globalization;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Microsoft.Data.Sqlite;

namespace CoopGrid.Silo.Ledger.Sqlite;

/// <summary>What is written to the books, each in its caller's transaction.</summary>
internal static class SqliteBooks
{
    public static EpochRow? FindEpoch(SqliteSession session, ClassId @class, long epoch) => session.Query(
        "SELECT epoch, step, state FROM epoch_books WHERE coop = $coop AND class = $class AND epoch = $epoch",
        row => Epoch(row, @class), ("$coop", @class.Coop), ("$class", @class.Class), ("$epoch", epoch)).FirstOrDefault();

    public static EpochRow Epoch(SqliteDataReader row, ClassId @class) => new(@class, row.GetInt64(0), row.GetInt64(1), row.GetString(2));

    /// <inheritdoc cref="IBillStore.WriteAsync"/>
    public static bool Write(SqliteSession session, BillingStep step)
    {
        if ((FindEpoch(session, step.Class, step.Epoch)?.Step ?? 0) != step.AfterStep) return false;
        if (step.Bills.SelectMany(bill => bill.HandedIn).Any(id => !IsWaiting(session, id))) return false;

        BooksRow books = Read(session, step.Class.Coop);
        Balances balances = books.Balances;
        foreach (NewBill bill in step.Bills)
        {
            books = books with { LastBill = books.LastBill + 1 };
            balances = balances with { Members = balances.Members - bill.Charges, Revenue = balances.Revenue + bill.Charges };
            Issue(session, step, bill, books.LastBill);
        }

        foreach (EntryRow entry in step.Entries)
        {
            books = books with { LastEntry = books.LastEntry + 1 };
            balances = balances.Plus(entry.Amounts);
            Post(session, step.Class.Coop, books.LastEntry, entry, step.UnixMs);
        }

        Save(session, step.Class.Coop, books with { Balances = balances });
        session.Execute(
            "INSERT OR REPLACE INTO epoch_books (coop, class, epoch, step, state) VALUES ($coop, $class, $epoch, $step, $state)",
            ("$coop", step.Class.Coop), ("$class", step.Class.Class), ("$epoch", step.Epoch), ("$step", step.AfterStep + 1), ("$state", step.State));
        return true;
    }

    /// <inheritdoc cref="IBillStore.HandInAsync"/>
    public static HandInAnswer HandIn(SqliteSession session, HandIn handIn)
    {
        string coop = handIn.Member.Coop;
        if (FindHandedIn(session, coop, handIn.Key) is { } known)
        {
            bool same = known.Member == handIn.Member.Member && known.Line.AsSpan().SequenceEqual(handIn.Line);
            return same ? new(HandInOutcome.TakenBefore, known.Entry) : new(HandInOutcome.KeyConflict, 0);
        }

        BooksRow books = Read(session, coop);
        long number = 0;
        if (handIn.Entry is { } entry)
        {
            Balances after = books.Balances.Plus(entry.Amounts);
            if (after.Commons < 0) return new(HandInOutcome.CommonsShort, 0);
            number = books.LastEntry + 1;
            Post(session, coop, number, entry, handIn.UnixMs);
            Save(session, coop, books with { LastEntry = number, Balances = after });
        }

        session.Execute(
            "INSERT INTO handed_in (coop, key, member, line, entry, bill, handed_in_unix_ms) VALUES ($coop, $key, $member, $line, $entry, 0, $at)",
            ("$coop", coop), ("$key", handIn.Key), ("$member", handIn.Member.Member), ("$line", handIn.Line), ("$entry", number), ("$at", handIn.UnixMs));
        return new(HandInOutcome.Taken, number);
    }

    /// <summary>The line with its key, and the number of its entry.</summary>
    public static (string Member, byte[] Line, long Entry)? FindHandedIn(SqliteSession session, string coop, string key) => session.Query(
        "SELECT member, line, entry FROM handed_in WHERE coop = $coop AND key = $key",
        row => (row.GetString(0), row.GetFieldValue<byte[]>(1), row.GetInt64(2)), ("$coop", coop), ("$key", key)) is [var found] ? found : null;

    public static BooksRow Read(SqliteSession session, string coop) => session.Query(
        "SELECT last_bill, last_entry, members, revenue, payments, commons, rounding FROM books WHERE coop = $coop",
        row => new BooksRow(
            row.GetInt64(0), row.GetInt64(1), new(Amount(row, 2), Amount(row, 3), Amount(row, 4), Amount(row, 5), Amount(row, 6))),
        ("$coop", coop)).FirstOrDefault();

    private static bool IsWaiting(SqliteSession session, long id) =>
        session.Scalar("SELECT bill FROM handed_in WHERE id = $id", ("$id", id)) is 0L;

    private static void Issue(SqliteSession session, BillingStep step, NewBill bill, long number)
    {
        session.Execute(
            """
            INSERT INTO bill (coop, number, member, class, epoch, charges, issued_unix_ms, lines)
            VALUES ($coop, $number, $member, $class, $epoch, $charges, $at, $lines)
            """,
            ("$coop", step.Class.Coop), ("$number", number), ("$member", bill.Member), ("$class", step.Class.Class), ("$epoch", step.Epoch),
            ("$charges", bill.Charges), ("$at", step.UnixMs), ("$lines", bill.Lines));
        foreach (long id in bill.HandedIn) session.Execute("UPDATE handed_in SET bill = $bill WHERE id = $id", ("$bill", number), ("$id", id));
    }

    private static void Post(SqliteSession session, string coop, long number, EntryRow entry, long unixMs) => session.Execute(
        """
        INSERT INTO entry (coop, entry, posted_unix_ms, reason, member, members, revenue, payments, commons, rounding)
        VALUES ($coop, $entry, $at, $reason, $member, $members, $revenue, $payments, $commons, $rounding)
        """,
        ("$coop", coop), ("$entry", number), ("$at", unixMs), ("$reason", entry.Reason), ("$member", entry.Member),
        ("$members", (long)entry.Amounts.Members), ("$revenue", (long)entry.Amounts.Revenue), ("$payments", (long)entry.Amounts.Payments),
        ("$commons", (long)entry.Amounts.Commons), ("$rounding", (long)entry.Amounts.Rounding));

    private static void Save(SqliteSession session, string coop, in BooksRow books) => session.Execute(
        """
        INSERT OR REPLACE INTO books (coop, last_bill, last_entry, members, revenue, payments, commons, rounding)
        VALUES ($coop, $bill, $entry, $members, $revenue, $payments, $commons, $rounding)
        """,
        ("$coop", coop), ("$bill", books.LastBill), ("$entry", books.LastEntry), ("$members", Text(books.Balances.Members)),
        ("$revenue", Text(books.Balances.Revenue)), ("$payments", Text(books.Balances.Payments)), ("$commons", Text(books.Balances.Commons)),
        ("$rounding", Text(books.Balances.Rounding)));

    private static Int128 Amount(SqliteDataReader row, int column) => Int128.Parse(row.GetString(column), CultureInfo.InvariantCulture);

    private static string Text(Int128 amount) => amount.ToString(CultureInfo.InvariantCulture);
}
