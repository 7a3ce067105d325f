-- Producers, their segments, the member directory and the histories (DESIGN.md §2). Times are ms since the Unix epoch.

-- One row per silo incarnation; state 0 open, 1 sealed, 2 drained. Numbers are never used again.
CREATE TABLE producer (
    producer       INTEGER PRIMARY KEY AUTOINCREMENT,
    state          INTEGER NOT NULL,
    position       INTEGER NOT NULL,
    first_kept     INTEGER NOT NULL,
    silo           TEXT    NOT NULL,
    opened_unix_ms INTEGER NOT NULL
) STRICT;

-- A rowid table: long rows would thin out the tree of a WITHOUT ROWID one.
CREATE TABLE segment (
    producer INTEGER NOT NULL,
    position INTEGER NOT NULL,
    bytes    BLOB    NOT NULL,
    UNIQUE (producer, position)
) STRICT;

CREATE TABLE member (
    coop             TEXT    NOT NULL,
    member           TEXT    NOT NULL,
    class            TEXT    NOT NULL,
    status           INTEGER NOT NULL,
    enrolled_unix_ms INTEGER NOT NULL,
    PRIMARY KEY (coop, member)
) STRICT, WITHOUT ROWID;

CREATE INDEX member_by_class ON member (coop, class, member);

CREATE TABLE sender (
    coop   TEXT NOT NULL,
    sender TEXT NOT NULL,
    member TEXT NOT NULL,
    PRIMARY KEY (coop, sender)
) STRICT, WITHOUT ROWID;

CREATE INDEX sender_by_member ON sender (coop, member, sender);

CREATE TABLE meter (
    coop   TEXT NOT NULL,
    meter  TEXT NOT NULL,
    member TEXT NOT NULL,
    PRIMARY KEY (coop, meter)
) STRICT, WITHOUT ROWID;

CREATE INDEX meter_by_member ON meter (coop, member, meter);

-- A row stands for count alike periods from period on.
CREATE TABLE price (
    coop       TEXT    NOT NULL,
    class      TEXT    NOT NULL,
    period     INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    demand     INTEGER NOT NULL,
    target     INTEGER NOT NULL,
    k          INTEGER NOT NULL,
    x          INTEGER NOT NULL,
    cap        INTEGER NOT NULL,
    tou        INTEGER NOT NULL,
    surge      INTEGER NOT NULL,
    multiplier INTEGER NOT NULL,
    PRIMARY KEY (coop, class, period)
) STRICT, WITHOUT ROWID;

CREATE TABLE slice (
    coop        TEXT    NOT NULL,
    class       TEXT    NOT NULL,
    slice       INTEGER NOT NULL,
    slice_units INTEGER NOT NULL,
    usage       INTEGER NOT NULL,
    members     INTEGER NOT NULL,
    PRIMARY KEY (coop, class, slice)
) STRICT, WITHOUT ROWID;
