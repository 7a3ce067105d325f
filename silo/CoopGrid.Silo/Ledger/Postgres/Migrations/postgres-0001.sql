-- Producers, their segments, claims, classes, the member directory and the histories (DESIGN.md §2), in the schema that the connection
-- searches. Times are ms since the Unix epoch. Text is compared by bytes.

-- One row. Producer numbers are given out under its lock, so that they become visible in order.
CREATE TABLE grid (
    single        boolean PRIMARY KEY DEFAULT true CHECK (single),
    last_producer bigint  NOT NULL
);

INSERT INTO grid (last_producer) VALUES (0);

-- One row per silo incarnation; state 0 open, 1 sealed, 2 drained. Every commit updates its row: room on the page keeps that cheap.
CREATE TABLE producer (
    producer           bigint   PRIMARY KEY,
    state              smallint NOT NULL,
    position           bigint   NOT NULL,
    first_kept         bigint   NOT NULL,
    silo               text     COLLATE "C" NOT NULL,
    membership_version bigint   NOT NULL,
    opened_unix_ms     bigint   NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE segment (
    producer bigint NOT NULL,
    position bigint NOT NULL,
    bytes    bytea  NOT NULL,
    PRIMARY KEY (producer, position)
) WITH (toast_tuple_target = 8160);

-- Compressing would cost the commit more than the bytes it saves.
ALTER TABLE segment ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Who may append a member's entries; producer 0 = free.
CREATE TABLE claim (
    coop     text    COLLATE "C" NOT NULL,
    member   text    COLLATE "C" NOT NULL,
    number   bigint  NOT NULL,
    producer bigint  NOT NULL,
    wanted   boolean NOT NULL,
    PRIMARY KEY (coop, member)
) WITH (fillfactor = 80);

CREATE INDEX claim_wanted ON claim (producer) WHERE wanted;

CREATE TABLE class (
    coop       text   COLLATE "C" NOT NULL,
    class      text   COLLATE "C" NOT NULL,
    epoch      bigint NOT NULL,
    open_slice bigint NOT NULL,
    PRIMARY KEY (coop, class)
);

CREATE TABLE member (
    coop             text     COLLATE "C" NOT NULL,
    member           text     COLLATE "C" NOT NULL,
    class            text     COLLATE "C" NOT NULL,
    status           smallint NOT NULL,
    enrolled_unix_ms bigint   NOT NULL,
    PRIMARY KEY (coop, member)
);

CREATE INDEX member_by_class ON member (coop, class, member);

CREATE TABLE sender (
    coop   text COLLATE "C" NOT NULL,
    sender text COLLATE "C" NOT NULL,
    member text COLLATE "C" NOT NULL,
    PRIMARY KEY (coop, sender)
);

CREATE INDEX sender_by_member ON sender (coop, member, sender);

-- One row: the newest change of a sender's binding, and the oldest that is still told. Changes are numbered under its lock.
CREATE TABLE sender_head (
    single       boolean PRIMARY KEY DEFAULT true CHECK (single),
    version    bigint  NOT NULL,
    first_kept bigint  NOT NULL
) WITH (fillfactor = 10);

INSERT INTO sender_head (version, first_kept) VALUES (0, 1);

CREATE TABLE sender_change (
    version bigint      PRIMARY KEY,
    coop    text        COLLATE "C" NOT NULL,
    sender  text        COLLATE "C" NOT NULL,
    made    timestamptz NOT NULL
);

CREATE TABLE meter (
    coop   text COLLATE "C" NOT NULL,
    meter  text COLLATE "C" NOT NULL,
    member text COLLATE "C" NOT NULL,
    PRIMARY KEY (coop, meter)
);

CREATE INDEX meter_by_member ON meter (coop, member, meter);

-- A row stands for count alike periods from period on.
CREATE TABLE price (
    coop       text    COLLATE "C" NOT NULL,
    class      text    COLLATE "C" NOT NULL,
    period     bigint  NOT NULL,
    count      bigint  NOT NULL,
    demand     bigint  NOT NULL,
    target     bigint  NOT NULL,
    k          bigint  NOT NULL,
    x          bigint  NOT NULL,
    cap        integer NOT NULL,
    tou        integer NOT NULL,
    surge      integer NOT NULL,
    multiplier integer NOT NULL,
    PRIMARY KEY (coop, class, period)
);

CREATE TABLE slice (
    coop        text   COLLATE "C" NOT NULL,
    class       text   COLLATE "C" NOT NULL,
    slice       bigint NOT NULL,
    slice_units bigint NOT NULL,
    usage       bigint NOT NULL,
    members     bigint NOT NULL,
    PRIMARY KEY (coop, class, slice)
);
