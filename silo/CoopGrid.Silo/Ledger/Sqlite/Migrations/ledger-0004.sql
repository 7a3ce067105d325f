-- Bills and the books (SPEC.md §10). Amounts are micro-credits; times are ms since the Unix epoch.

-- One row for each co-op: the numbers given last, and what its accounts hold, as decimal text, since a sum over many members may need 128 bits.
CREATE TABLE books (
    coop       TEXT    NOT NULL PRIMARY KEY,
    last_bill  INTEGER NOT NULL,
    last_entry INTEGER NOT NULL,
    members    TEXT    NOT NULL,
    revenue    TEXT    NOT NULL,
    payments   TEXT    NOT NULL,
    commons    TEXT    NOT NULL,
    rounding   TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- A bill is its own entry of the books: its member gives the charges, revenue gains them.
CREATE TABLE bill (
    coop           TEXT    NOT NULL,
    number         INTEGER NOT NULL,
    member         TEXT    NOT NULL,
    class          TEXT    NOT NULL,
    epoch          INTEGER NOT NULL,
    charges        INTEGER NOT NULL,
    issued_unix_ms INTEGER NOT NULL,
    lines          BLOB    NOT NULL,
    PRIMARY KEY (coop, number)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX bill_by_epoch ON bill (coop, class, epoch, member);
CREATE INDEX bill_by_member ON bill (coop, member, number);

-- Entries that no bill is: what each account gains. The member is empty if it is no member's.
CREATE TABLE entry (
    coop           TEXT    NOT NULL,
    entry          INTEGER NOT NULL,
    posted_unix_ms INTEGER NOT NULL,
    reason         TEXT    NOT NULL,
    member         TEXT    NOT NULL,
    members        INTEGER NOT NULL,
    revenue        INTEGER NOT NULL,
    payments       INTEGER NOT NULL,
    commons        INTEGER NOT NULL,
    rounding       INTEGER NOT NULL,
    PRIMARY KEY (coop, entry),
    CHECK (members + revenue + payments + commons + rounding = 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX entry_by_member ON entry (coop, member) WHERE member <> '';

-- Lines for members' next bills; bill 0 = waits, entry 0 = none was posted with it.
CREATE TABLE handed_in (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    coop              TEXT    NOT NULL,
    key               TEXT    NOT NULL,
    member            TEXT    NOT NULL,
    line              BLOB    NOT NULL,
    entry             INTEGER NOT NULL,
    bill              INTEGER NOT NULL,
    handed_in_unix_ms INTEGER NOT NULL,
    UNIQUE (coop, key)
) STRICT;

CREATE INDEX handed_in_waiting ON handed_in (coop, member, id) WHERE bill = 0;

-- The books of one class's epoch: how far its closing is, and how it ended.
CREATE TABLE epoch_books (
    coop  TEXT    NOT NULL,
    class TEXT    NOT NULL,
    epoch INTEGER NOT NULL,
    step  INTEGER NOT NULL,
    state TEXT    NOT NULL,
    PRIMARY KEY (coop, class, epoch)
) STRICT, WITHOUT ROWID;
