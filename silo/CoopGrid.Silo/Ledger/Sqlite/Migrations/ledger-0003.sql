-- Books of numbered entries: proposals, slots. The number that follows the last one is the only one that may come.
CREATE TABLE book_entry (
    coop    TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    number  INTEGER NOT NULL,
    bytes   BLOB    NOT NULL,
    PRIMARY KEY (coop, kind, subject, number)
) STRICT, WITHOUT ROWID;

-- Books are listed by their first entries, without a look at the others.
CREATE INDEX book ON book_entry (coop, kind, subject) WHERE number = 1;
