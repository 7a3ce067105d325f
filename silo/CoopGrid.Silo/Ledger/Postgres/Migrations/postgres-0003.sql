-- Books of numbered entries: proposals, slots. The number that follows the last one is the only one that may come: appends to a book take turns by
-- its row in book.
CREATE TABLE book (
    coop    text   COLLATE "C" NOT NULL,
    kind    text   COLLATE "C" NOT NULL,
    subject text   COLLATE "C" NOT NULL,
    last    bigint NOT NULL,
    PRIMARY KEY (coop, kind, subject)
) WITH (fillfactor = 50);

CREATE TABLE book_entry (
    coop    text   COLLATE "C" NOT NULL,
    kind    text   COLLATE "C" NOT NULL,
    subject text   COLLATE "C" NOT NULL,
    number  bigint NOT NULL,
    bytes   bytea  NOT NULL,
    PRIMARY KEY (coop, kind, subject, number)
);
