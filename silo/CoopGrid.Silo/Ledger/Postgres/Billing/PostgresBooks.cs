using System.Globalization;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Grains.Ledger;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>
/// What is written to the books, each in one round trip: statements that make sure of the rows and lock them, then one that changes everything, or nothing.
/// Who locks several takes the epoch's row first, then lines by number, the co-op's row last.
/// </summary>
internal sealed class PostgresBooks(PostgresDatabase database)
{
    // What returns nothing is passed over when results are read: so each statement of a batch returns something.
    private const string EnsureBooks =
        """
        INSERT INTO books (coop, last_bill, last_entry, members, revenue, payments, commons, rounding) VALUES ($1, 0, 0, 0, 0, 0, 0, 0)
        ON CONFLICT DO NOTHING RETURNING 1
        """;

    private const string EnsureEpoch =
        "INSERT INTO epoch_books (coop, class, epoch, step, state) VALUES ($1, $2, $3, 0, '') ON CONFLICT DO NOTHING RETURNING 1";

    private const string LockEpoch = "SELECT step FROM epoch_books WHERE coop = $1 AND class = $2 AND epoch = $3 FOR UPDATE";

    private const string LockLines = "SELECT id FROM handed_in WHERE id = ANY ($1) ORDER BY id FOR UPDATE";

    // The locks before it keep what it compares as it is.
    private const string Write =
        """
        WITH book AS (
            UPDATE books SET
                last_bill = last_bill + cardinality($6::text[]), last_entry = last_entry + cardinality($11::text[]),
                members = members + $18::text::numeric, revenue = revenue + $19::text::numeric, payments = payments + $20::text::numeric,
                commons = commons + $21::text::numeric, rounding = rounding + $22::text::numeric
            WHERE coop = $1
                AND (SELECT step FROM epoch_books WHERE coop = $1 AND class = $2 AND epoch = $3) = $4
                AND (SELECT count(*) FROM handed_in WHERE id = ANY ($9::bigint[]) AND bill = 0) = cardinality($9::bigint[])
            RETURNING last_bill - cardinality($6::text[]) AS bills, last_entry - cardinality($11::text[]) AS entries),
        issued AS (
            INSERT INTO bill (coop, number, member, class, epoch, charges, issued_unix_ms, lines)
            SELECT $1, book.bills + row.place, row.member, $2, $3, row.charges, $23, row.lines
            FROM book, unnest($6::text[], $7::bigint[], $8::bytea[]) WITH ORDINALITY AS row (member, charges, lines, place)),
        billed AS (
            UPDATE handed_in SET bill = book.bills + row.place
            FROM book, unnest($9::bigint[], $10::integer[]) AS row (id, place)
            WHERE handed_in.id = row.id),
        posted AS (
            INSERT INTO entry (coop, entry, posted_unix_ms, reason, member, members, revenue, payments, commons, rounding)
            SELECT $1, book.entries + row.place, $23, row.reason, row.member, row.members, row.revenue, row.payments, row.commons, row.rounding
            FROM book,
                unnest($11::text[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[]) WITH ORDINALITY
                    AS row (reason, member, members, revenue, payments, commons, rounding, place))
        UPDATE epoch_books SET step = step + 1, state = $5 FROM book
        WHERE epoch_books.coop = $1 AND class = $2 AND epoch = $3
        RETURNING step
        """;

    private const string LockBooks = "SELECT last_entry FROM books WHERE coop = $1 FOR UPDATE";

    private const string Take =
        """
        WITH taken AS (
            INSERT INTO handed_in (coop, key, member, line, entry, bill, handed_in_unix_ms)
            SELECT $1, $2, $3, $4, CASE WHEN $6 THEN books.last_entry + 1 ELSE 0 END, 0, $5
            FROM books WHERE coop = $1 AND (NOT $6 OR commons + $12 >= 0)
            ON CONFLICT (coop, key) DO NOTHING
            RETURNING entry),
        book AS (
            UPDATE books SET
                last_entry = taken.entry, members = members + $9, revenue = revenue + $10, payments = payments + $11,
                commons = commons + $12, rounding = rounding + $13
            FROM taken WHERE coop = $1 AND $6),
        posted AS (
            INSERT INTO entry (coop, entry, posted_unix_ms, reason, member, members, revenue, payments, commons, rounding)
            SELECT $1, taken.entry, $5, $7, $8, $9, $10, $11, $12, $13 FROM taken WHERE $6)
        SELECT entry FROM taken
        """;

    private const string Known = "SELECT CASE WHEN member = $3 AND line = $4 THEN entry ELSE -1 END FROM handed_in WHERE coop = $1 AND key = $2";

    /// <inheritdoc cref="IBillStore.WriteAsync"/>
    public async Task<bool> WriteAsync(BillingStep step, CancellationToken cancellation)
    {
        object[] epoch = [step.Class.Coop, step.Class.Class, step.Epoch];
        (long Id, int Place)[] lines = [.. step.Bills.SelectMany((bill, place) => bill.HandedIn.Select(id => (id, place + 1)))];
        long[] ids = [.. lines.Select(line => line.Id)];
        object?[] found = await database.BatchAsync(
            cancellation,
            (EnsureBooks, [step.Class.Coop]),
            (EnsureEpoch, epoch),
            (LockEpoch, epoch),
            (LockLines, [ids]),
            (Write,
            [
                .. epoch, step.AfterStep, step.State,
                step.Bills.Select(bill => bill.Member).ToArray(), step.Bills.Select(bill => bill.Charges).ToArray(), step.Bills.Select(bill => bill.Lines).ToArray(),
                ids, lines.Select(line => line.Place).ToArray(),
                .. Columns(step.Entries), .. Change(step), step.UnixMs,
            ]));
        return found[^1] is not null;
    }

    /// <inheritdoc cref="IBillStore.HandInAsync"/>
    public async Task<HandInAnswer> HandInAsync(HandIn handIn, CancellationToken cancellation)
    {
        string coop = handIn.Member.Coop;
        object[] line = [coop, handIn.Key, handIn.Member.Member, handIn.Line];
        EntryRow entry = handIn.Entry ?? new("", default, "");
        object?[] found = await database.BatchAsync(
            cancellation,
            (EnsureBooks, [coop]),
            (LockBooks, [coop]),
            (Take,
            [
                .. line, handIn.UnixMs, handIn.Entry is not null, entry.Reason, entry.Member,
                (long)entry.Amounts.Members, (long)entry.Amounts.Revenue, (long)entry.Amounts.Payments, (long)entry.Amounts.Commons, (long)entry.Amounts.Rounding,
            ]),
            (Known, line));
        return (found[2], found[3]) switch
        {
            (long taken, _) => new(HandInOutcome.Taken, taken),
            (_, null) => new(HandInOutcome.CommonsShort, 0),
            (_, -1L) => new(HandInOutcome.KeyConflict, 0),
            (_, long known) => new(HandInOutcome.TakenBefore, known),
            _ => throw new InvalidOperationException($"The line with key '{handIn.Key}' was neither taken nor refused."),
        };
    }

    private static object[] Columns(IReadOnlyList<EntryRow> entries) =>
    [
        entries.Select(entry => entry.Reason).ToArray(), entries.Select(entry => entry.Member).ToArray(),
        entries.Select(entry => (long)entry.Amounts.Members).ToArray(), entries.Select(entry => (long)entry.Amounts.Revenue).ToArray(),
        entries.Select(entry => (long)entry.Amounts.Payments).ToArray(), entries.Select(entry => (long)entry.Amounts.Commons).ToArray(),
        entries.Select(entry => (long)entry.Amounts.Rounding).ToArray(),
    ];

    private static IEnumerable<object> Change(BillingStep step)
    {
        Int128 charges = 0;
        foreach (NewBill bill in step.Bills) charges += bill.Charges;
        Balances change = new(-charges, charges, 0, 0, 0);
        foreach (EntryRow entry in step.Entries) change = change.Plus(entry.Amounts);
        return new[] { change.Members, change.Revenue, change.Payments, change.Commons, change.Rounding }.Select(amount => amount.ToString(CultureInfo.InvariantCulture));
    }
}
