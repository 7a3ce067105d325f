-- Bills and the books (SPEC.md §10). Amounts are micro-credits; times are ms since the Unix epoch.

-- One row for each co-op: the numbers given last, and what its accounts hold. Every step of a closing updates it.
CREATE TABLE books (
    coop       text          COLLATE "C" PRIMARY KEY,
    last_bill  bigint        NOT NULL,
    last_entry bigint        NOT NULL,
    members    numeric(39, 0) NOT NULL,
    revenue    numeric(39, 0) NOT NULL,
    payments   numeric(39, 0) NOT NULL,
    commons    numeric(39, 0) NOT NULL,
    rounding   numeric(39, 0) NOT NULL
) WITH (fillfactor = 10);

-- A bill is its own entry of the books: its member gives the charges, revenue gains them.
CREATE TABLE bill (
    coop           text   COLLATE "C" NOT NULL,
    number         bigint NOT NULL,
    member         text   COLLATE "C" NOT NULL,
    class          text   COLLATE "C" NOT NULL,
    epoch          bigint NOT NULL,
    charges        bigint NOT NULL,
    issued_unix_ms bigint NOT NULL,
    lines          bytea  NOT NULL,
    PRIMARY KEY (coop, number)
);

CREATE UNIQUE INDEX bill_by_epoch ON bill (coop, class, epoch, member);
CREATE INDEX bill_by_member ON bill (coop, member, number);

-- Entries that no bill is: what each account gains. The member is empty if it is no member's.
CREATE TABLE entry (
    coop           text   COLLATE "C" NOT NULL,
    entry          bigint NOT NULL,
    posted_unix_ms bigint NOT NULL,
    reason         text   COLLATE "C" NOT NULL,
    member         text   COLLATE "C" NOT NULL,
    members        bigint NOT NULL,
    revenue        bigint NOT NULL,
    payments       bigint NOT NULL,
    commons        bigint NOT NULL,
    rounding       bigint NOT NULL,
    PRIMARY KEY (coop, entry),
    CHECK (members::numeric + revenue + payments + commons + rounding = 0)
);

CREATE INDEX entry_by_member ON entry (coop, member) WHERE member <> '';

-- Lines for members' next bills; bill 0 = waits, entry 0 = none was posted with it.
CREATE TABLE handed_in (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    coop              text   COLLATE "C" NOT NULL,
    key               text   COLLATE "C" NOT NULL,
    member            text   COLLATE "C" NOT NULL,
    line              bytea  NOT NULL,
    entry             bigint NOT NULL,
    bill              bigint NOT NULL,
    handed_in_unix_ms bigint NOT NULL,
    UNIQUE (coop, key)
);

CREATE INDEX handed_in_waiting ON handed_in (coop, member, id) WHERE bill = 0;

-- The books of one class's epoch: how far its closing is, and how it ended. Step 0 = nothing was written to them.
CREATE TABLE epoch_books (
    coop  text   COLLATE "C" NOT NULL,
    class text   COLLATE "C" NOT NULL,
    epoch bigint NOT NULL,
    step  bigint NOT NULL,
    state text   NOT NULL,
    PRIMARY KEY (coop, class, epoch)
) WITH (fillfactor = 50);
