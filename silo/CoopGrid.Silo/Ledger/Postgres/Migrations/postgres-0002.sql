-- Orleans' AdoNet packages: grain state, membership, reminders. They find their statements in OrleansQuery by key, give them parameters by
-- name, and read columns by name; the tables behind the statements are ours.

CREATE TABLE OrleansQuery (
    QueryKey  text PRIMARY KEY,
    QueryText text NOT NULL
);

-- The extension is empty, never null, so that the index holds it. The hashes come first: they settle most comparisons.
CREATE TABLE grain_state (
    id_hash      integer NOT NULL,
    type_hash    integer NOT NULL,
    id_n0        bigint  NOT NULL,
    id_n1        bigint  NOT NULL,
    type_name    text    COLLATE "C" NOT NULL,
    id_extension text    COLLATE "C" NOT NULL,
    service      text    COLLATE "C" NOT NULL,
    payload      bytea,
    version      integer NOT NULL,
    PRIMARY KEY (id_hash, type_hash, id_n0, id_n1, type_name, id_extension, service)
) WITH (fillfactor = 80);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadFromStorageKey', '
    SELECT payload AS PayloadBinary, version AS Version
    FROM grain_state
    WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND id_n0 = @GrainIdN0 AND id_n1 = @GrainIdN1
        AND type_name = @GrainTypeString
        AND id_extension = coalesce(CAST(@GrainIdExtensionString AS text), '''')
        AND service = @ServiceId');

-- Without an etag the row must be new, with one it must be there and match; no row comes back if it does not.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('WriteToStorageKey', '
    INSERT INTO grain_state AS kept (id_hash, type_hash, id_n0, id_n1, type_name, id_extension, service, payload, version)
    SELECT @GrainIdHash, @GrainTypeHash, @GrainIdN0, @GrainIdN1, @GrainTypeString,
        coalesce(CAST(@GrainIdExtensionString AS text), ''''), @ServiceId, CAST(@PayloadBinary AS bytea), 1
    WHERE CAST(@GrainStateVersion AS integer) IS NULL OR EXISTS (
        SELECT FROM grain_state
        WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND id_n0 = @GrainIdN0 AND id_n1 = @GrainIdN1
            AND type_name = @GrainTypeString
            AND id_extension = coalesce(CAST(@GrainIdExtensionString AS text), '''')
            AND service = @ServiceId)
    ON CONFLICT (id_hash, type_hash, id_n0, id_n1, type_name, id_extension, service)
    DO UPDATE SET payload = excluded.payload, version = kept.version + 1
    WHERE kept.version = CAST(@GrainStateVersion AS integer)
    RETURNING version AS NewGrainStateVersion');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ClearStorageKey', '
    UPDATE grain_state SET payload = NULL, version = version + 1
    WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND id_n0 = @GrainIdN0 AND id_n1 = @GrainIdN1
        AND type_name = @GrainTypeString
        AND id_extension = coalesce(CAST(@GrainIdExtensionString AS text), '''')
        AND service = @ServiceId
        AND version = CAST(@GrainStateVersion AS integer)
    RETURNING version AS NewGrainStateVersion');

-- What is returned must differ from the etag: the row is gone, its next version stands for it.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteStorageKey', '
    DELETE FROM grain_state
    WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND id_n0 = @GrainIdN0 AND id_n1 = @GrainIdN1
        AND type_name = @GrainTypeString
        AND id_extension = coalesce(CAST(@GrainIdExtensionString AS text), '''')
        AND service = @ServiceId
        AND version = CAST(@GrainStateVersion AS integer)
    RETURNING version + 1 AS NewGrainStateVersion');

-- The cluster's membership: a row for each silo, and a version of all of them that every change must name and raises by one.
CREATE TABLE membership_version (
    deployment text    COLLATE "C" PRIMARY KEY,
    version    integer NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE membership (
    deployment    text        COLLATE "C" NOT NULL,
    address       text        COLLATE "C" NOT NULL,
    port          integer     NOT NULL,
    generation    integer     NOT NULL,
    silo_name     text        COLLATE "C" NOT NULL,
    host_name     text        COLLATE "C" NOT NULL,
    status        integer     NOT NULL,
    proxy_port    integer     NOT NULL,
    suspect_times text,
    start_time    timestamptz NOT NULL,
    alive_time    timestamptz NOT NULL,
    PRIMARY KEY (deployment, address, port, generation)
) WITH (fillfactor = 50);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('InsertMembershipVersionKey', '
    WITH added AS (
        INSERT INTO membership_version (deployment, version) VALUES (@DeploymentId, 0) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT CAST(count(*) AS integer) FROM added');

-- The row of the version is locked first; who names an older one changes nothing.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('InsertMembershipKey', '
    WITH raised AS (
        UPDATE membership_version SET version = version + 1
        WHERE deployment = @DeploymentId AND version = @Version AND NOT EXISTS (
            SELECT FROM membership
            WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING deployment),
    added AS (
        INSERT INTO membership (
            deployment, address, port, generation, silo_name, host_name, status, proxy_port, start_time, alive_time)
        SELECT deployment, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
        FROM raised
        RETURNING 1)
    SELECT CAST(count(*) AS integer) FROM added');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('UpdateMembershipKey', '
    WITH raised AS (
        UPDATE membership_version SET version = version + 1
        WHERE deployment = @DeploymentId AND version = @Version AND EXISTS (
            SELECT FROM membership
            WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING deployment),
    changed AS (
        UPDATE membership
        SET status = @Status, suspect_times = CAST(@SuspectTimes AS text), alive_time = @IAmAliveTime
        FROM raised
        WHERE membership.deployment = raised.deployment AND address = @Address AND port = @Port AND generation = @Generation
        RETURNING 1)
    SELECT CAST(count(*) AS integer) FROM changed');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('UpdateIAmAlivetimeKey', '
    UPDATE membership SET alive_time = @IAmAliveTime
    WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation');

-- The version comes also where there is no silo.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('MembershipReadRowKey', '
    SELECT deployment AS DeploymentId, address AS Address, port AS Port, generation AS Generation, silo_name AS SiloName,
        host_name AS HostName, status AS Status, proxy_port AS ProxyPort, suspect_times AS SuspectTimes, start_time AS StartTime,
        alive_time AS IAmAliveTime, version AS Version
    FROM membership_version LEFT JOIN membership USING (deployment)
    WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
    UNION ALL
    SELECT deployment, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, version
    FROM membership_version
    WHERE deployment = @DeploymentId AND NOT EXISTS (
        SELECT FROM membership
        WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('MembershipReadAllKey', '
    SELECT deployment AS DeploymentId, address AS Address, port AS Port, generation AS Generation, silo_name AS SiloName,
        host_name AS HostName, status AS Status, proxy_port AS ProxyPort, suspect_times AS SuspectTimes, start_time AS StartTime,
        alive_time AS IAmAliveTime, version AS Version
    FROM membership_version LEFT JOIN membership USING (deployment)
    WHERE deployment = @DeploymentId');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteMembershipTableEntriesKey', '
    WITH silos AS (DELETE FROM membership WHERE deployment = @DeploymentId)
    DELETE FROM membership_version WHERE deployment = @DeploymentId');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('GatewaysQueryKey', '
    SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation
    FROM membership
    WHERE deployment = @DeploymentId AND status = @Status AND proxy_port > 0');

-- Status 3 is an active silo.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('CleanupDefunctSiloEntriesKey', '
    DELETE FROM membership WHERE deployment = @DeploymentId AND alive_time < @IAmAliveTime AND status <> 3');

CREATE TABLE reminder (
    service    text        COLLATE "C" NOT NULL,
    grain      text        COLLATE "C" NOT NULL,
    name       text        COLLATE "C" NOT NULL,
    start_time timestamptz NOT NULL,
    period     bigint      NOT NULL,
    grain_hash integer     NOT NULL,
    version    integer     NOT NULL,
    PRIMARY KEY (service, grain, name)
);

CREATE INDEX reminder_by_hash ON reminder (service, grain_hash);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('UpsertReminderRowKey', '
    INSERT INTO reminder AS kept (service, grain, name, start_time, period, grain_hash, version)
    VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
    ON CONFLICT (service, grain, name) DO UPDATE SET
        start_time = excluded.start_time, period = excluded.period, grain_hash = excluded.grain_hash, version = kept.version + 1
    RETURNING version AS Version');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadReminderRowsKey', '
    SELECT grain AS GrainId, name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
    FROM reminder WHERE service = @ServiceId AND grain = @GrainId');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadReminderRowKey', '
    SELECT grain AS GrainId, name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
    FROM reminder WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadRangeRows1Key', '
    SELECT grain AS GrainId, name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
    FROM reminder WHERE service = @ServiceId AND grain_hash > @BeginHash AND grain_hash <= @EndHash');

-- A range that goes over the end of the ring.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadRangeRows2Key', '
    SELECT grain AS GrainId, name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
    FROM reminder WHERE service = @ServiceId AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteReminderRowKey', '
    WITH gone AS (
        DELETE FROM reminder
        WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version
        RETURNING 1)
    SELECT CAST(count(*) AS integer) FROM gone');

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteReminderRowsKey', '
    DELETE FROM reminder WHERE service = @ServiceId');
