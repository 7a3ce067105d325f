-- Up to which position a producer's segments were let go, by the hour (since the Unix epoch) in which that was: they are deleted so much later as they are kept for audits.
CREATE TABLE let_go (
    producer INTEGER NOT NULL,
    hour     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (producer, hour)
) STRICT, WITHOUT ROWID;
