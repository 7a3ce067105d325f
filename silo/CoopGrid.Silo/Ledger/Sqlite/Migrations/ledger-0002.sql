-- What of a class is decided in one place whoever its activation is.
CREATE TABLE class (
    coop       TEXT    NOT NULL,
    class      TEXT    NOT NULL,
    epoch      INTEGER NOT NULL,
    open_slice INTEGER NOT NULL,
    PRIMARY KEY (coop, class)
) STRICT, WITHOUT ROWID;

-- The membership view that the silo had seen when it registered; an embedded silo is its whole cluster.
ALTER TABLE producer ADD COLUMN membership_version INTEGER NOT NULL DEFAULT 0;
