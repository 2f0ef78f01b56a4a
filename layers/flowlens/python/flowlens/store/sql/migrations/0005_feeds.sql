-- Feeds of flow logs, what was read of them and what they lacked; what was refused on the network; what waits for a person.

-- Where flow logs come from: a bucket, a log group. What it holds of exporters is in flow_sources.
CREATE TABLE feeds (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    feed_id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL,
    name        text NOT NULL,
    note        text NOT NULL DEFAULT '',
    settings    jsonb NOT NULL CHECK (jsonb_typeof(settings) = 'object'),
    state       text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused')),
    external_id uuid NOT NULL DEFAULT gen_random_uuid(), -- for a role in another account; nobody may choose it
    version     integer NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name)
);

-- One row for each object or batch of log events, so that one that comes again adds nothing.
CREATE TABLE feed_readings (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    feed_id    integer NOT NULL REFERENCES feeds ON DELETE CASCADE,
    log        uuid NOT NULL, -- the source in the identity of its records
    name       text NOT NULL,
    read_at    timestamptz NOT NULL DEFAULT now(),
    latest     timestamptz, -- when its last flow ended
    lines      bigint NOT NULL,
    flows      bigint NOT NULL,
    counts     jsonb NOT NULL,
    unreadable jsonb NOT NULL,
    examples   jsonb NOT NULL,
    PRIMARY KEY (feed_id, log)
);
CREATE INDEX feed_readings_by_time ON feed_readings (feed_id, read_at);

-- What an interface said of its own silence: seconds without traffic, and intervals that the cloud did not capture.
CREATE TABLE feed_coverage (
    tenant_id      uuid NOT NULL REFERENCES tenants,
    feed_id        integer NOT NULL REFERENCES feeds ON DELETE CASCADE,
    exporter       inet NOT NULL,
    hour           timestamptz NOT NULL,
    nodata         bigint NOT NULL,
    nodata_seconds bigint NOT NULL,
    skipped        bigint NOT NULL,
    PRIMARY KEY (feed_id, exporter, hour)
);

-- Flows that were refused on the network. By address and not by asset: most who try are strangers.
CREATE TABLE attempts (
    tenant_id        uuid NOT NULL REFERENCES tenants,
    attempt_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address_space_id integer NOT NULL REFERENCES address_spaces,
    client           inet NOT NULL,
    server           inet NOT NULL,
    protocol         smallint NOT NULL,
    port             integer NOT NULL,
    first_seen       timestamptz NOT NULL,
    last_seen        timestamptz NOT NULL,
    flows            bigint NOT NULL,
    packets          bigint NOT NULL,
    octets           bigint NOT NULL,
    UNIQUE (tenant_id, address_space_id, server, port, protocol, client)
);
CREATE INDEX attempts_by_client ON attempts (tenant_id, client);

-- Objects and batches of log events become dead letters beside records of the stream.
ALTER TABLE dead_letters
    ADD COLUMN kind text NOT NULL DEFAULT 'record' CHECK (kind IN ('record', 'object', 'logs')),
    ADD COLUMN name text NOT NULL DEFAULT '',   -- what a person calls it
    ADD COLUMN detail text NOT NULL DEFAULT '',
    ADD COLUMN message text NOT NULL DEFAULT '', -- of an object: the event that told of it, which is told again
    ADD COLUMN state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'retrying', 'ignored')),
    ADD COLUMN version integer NOT NULL DEFAULT 1;
CREATE INDEX dead_letters_by_state ON dead_letters (tenant_id, state, dead_letter_id DESC);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['feeds', 'feed_readings', 'feed_coverage', 'attempts']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I USING '
            '(tenant_id = (SELECT nullif(current_setting(''app.tenant'', true), '''')::uuid))', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON feeds, feed_readings, feed_coverage, attempts TO flowlens_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO flowlens_app;
