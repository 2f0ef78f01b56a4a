-- Tenants, address spaces, sources, assets, dependencies, volumes, the ledger, audit and tokens; row security forced on all.

CREATE TABLE tenants (
    tenant_id  uuid PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Overlapping networks (two 10/8s) are told apart by the address space that an exporter is enrolled in.
CREATE TABLE address_spaces (
    tenant_id        uuid NOT NULL REFERENCES tenants,
    address_space_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name             text NOT NULL,
    is_default       boolean NOT NULL DEFAULT false,
    created_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name)
);
CREATE UNIQUE INDEX address_spaces_one_default ON address_spaces (tenant_id) WHERE is_default;

CREATE TABLE flow_sources (
    tenant_id        uuid NOT NULL REFERENCES tenants,
    source_id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    exporter         inet NOT NULL,
    name             text NOT NULL DEFAULT '',
    note             text NOT NULL DEFAULT '',
    address_space_id integer NOT NULL REFERENCES address_spaces,
    state            text NOT NULL DEFAULT 'accepted' CHECK (state IN ('accepted', 'held', 'refused')),
    formats          smallint[] NOT NULL DEFAULT '{}',
    first_seen       timestamptz,
    last_seen        timestamptz,
    version          integer NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, exporter)
);

-- What each collector process counted for each exporter since it started; the loss ledger is their sum.
CREATE TABLE source_counters (
    tenant_id uuid NOT NULL REFERENCES tenants,
    source_id integer NOT NULL REFERENCES flow_sources ON DELETE CASCADE,
    collector uuid NOT NULL,
    started   timestamptz NOT NULL,
    at        timestamptz NOT NULL,
    counters  jsonb NOT NULL,
    PRIMARY KEY (tenant_id, source_id, collector, started)
);

-- What a collector process counted that belongs to no exporter, such as datagrams the kernel dropped.
CREATE TABLE collector_counters (
    tenant_id uuid NOT NULL REFERENCES tenants,
    collector uuid NOT NULL,
    started   timestamptz NOT NULL,
    at        timestamptz NOT NULL,
    counters  jsonb NOT NULL,
    PRIMARY KEY (tenant_id, collector, started)
);

CREATE TABLE assets (
    tenant_id        uuid NOT NULL REFERENCES tenants,
    asset_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address_space_id integer NOT NULL REFERENCES address_spaces,
    address          inet NOT NULL,
    first_seen       timestamptz NOT NULL,
    last_seen        timestamptz NOT NULL,
    UNIQUE (tenant_id, address_space_id, address)
);

-- One row per edge. Totals only ever grow by sums, minima, maxima and unions, so that any order of arrival gives the same row.
-- octets and packets are estimates (as on the wire x sampling rate); *_seen are as on the wire.
-- Its assets hold the references to tenant and address space.
CREATE TABLE dependencies (
    tenant_id          uuid NOT NULL,
    dependency_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address_space_id   integer NOT NULL,
    client_id          bigint NOT NULL REFERENCES assets,
    server_id          bigint NOT NULL REFERENCES assets,
    protocol           smallint NOT NULL,
    port               integer NOT NULL,
    first_seen         timestamptz NOT NULL,
    last_seen          timestamptz NOT NULL,
    during             tstzmultirange NOT NULL, -- union of [start, end + lifetime) of every flow
    flows              bigint NOT NULL,
    octets_sent        bigint NOT NULL, -- client to server
    octets_received    bigint NOT NULL, -- server to client
    packets_sent       bigint NOT NULL,
    packets_received   bigint NOT NULL,
    octets_seen        bigint NOT NULL,
    packets_seen       bigint NOT NULL,
    by_initiator       bigint NOT NULL, -- flows whose direction each kind of evidence decided
    by_flags           bigint NOT NULL,
    by_service         bigint NOT NULL,
    by_port_order      bigint NOT NULL,
    first_evidence     jsonb NOT NULL, -- of the earliest flow: exporter, format, domain, record identity, evidence
    UNIQUE (client_id, server_id, port, protocol, tenant_id)
) WITH (fillfactor = 45); -- room for a new version of each row, so that counting touches no index
CREATE INDEX dependencies_by_server ON dependencies (server_id);

-- Append-only partial sums: a (dependency, source, minute) may have several rows. Read them summed.
CREATE TABLE conversation_minutes (
    tenant_id        uuid NOT NULL,
    dependency_id    bigint NOT NULL,
    source_id        integer NOT NULL,
    minute           timestamptz NOT NULL,
    flows            bigint NOT NULL,
    octets_sent      bigint NOT NULL,
    octets_received  bigint NOT NULL,
    packets_sent     bigint NOT NULL,
    packets_received bigint NOT NULL,
    octets_seen      bigint NOT NULL,
    packets_seen     bigint NOT NULL
) PARTITION BY RANGE (minute);
CREATE INDEX conversation_minutes_of ON conversation_minutes (dependency_id, minute);

CREATE TABLE conversation_hours (
    tenant_id        uuid NOT NULL,
    dependency_id    bigint NOT NULL,
    source_id        integer NOT NULL,
    hour             timestamptz NOT NULL,
    flows            bigint NOT NULL,
    octets_sent      bigint NOT NULL,
    octets_received  bigint NOT NULL,
    packets_sent     bigint NOT NULL,
    packets_received bigint NOT NULL,
    octets_seen      bigint NOT NULL,
    packets_seen     bigint NOT NULL,
    PRIMARY KEY (dependency_id, hour, source_id, tenant_id)
) PARTITION BY RANGE (hour);

-- Hours whose minutes changed since they were last folded into conversation_hours: one mark per transaction that
-- changed them, so that writers never wait for one another. A fold removes the marks that it sees, and no others.
CREATE TABLE stale_marks (
    tenant_id uuid NOT NULL REFERENCES tenants,
    hour      timestamptz NOT NULL,
    mark      bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (tenant_id, hour, mark)
);

-- Which records of each source are counted. Written in the transaction that counts them.
CREATE TABLE ledger (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    source     uuid NOT NULL,
    epoch      bigint NOT NULL,
    seen       int8multirange NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, source, epoch)
);

-- What each counted record held, so that another content under its name is refused, not taken for a repetition.
-- Kept for longer than any stream or queue keeps records; the ledger alone remembers the name for good.
CREATE TABLE counted_digests (
    tenant_id  uuid NOT NULL,
    source     uuid NOT NULL,
    epoch      bigint NOT NULL,
    record     bigint NOT NULL,
    digest     uuid NOT NULL, -- 128 bits of BLAKE2b
    counted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, epoch, record, tenant_id)
);

-- Records that could not be counted, with where their bytes are kept.
CREATE TABLE dead_letters (
    tenant_id      uuid NOT NULL REFERENCES tenants,
    dead_letter_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest         bytea NOT NULL,
    source         uuid,
    epoch          bigint,
    record         bigint,
    reason         text NOT NULL,
    location       text NOT NULL,
    at             timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, digest)
);

CREATE TABLE audit_events (
    tenant_id      uuid NOT NULL REFERENCES tenants,
    audit_event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at             timestamptz NOT NULL DEFAULT now(),
    actor          text NOT NULL,
    action         text NOT NULL,
    target         text NOT NULL,
    detail         jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE api_tokens (
    tenant_id    uuid NOT NULL REFERENCES tenants,
    api_token_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL,
    digest       bytea NOT NULL UNIQUE, -- sha256 of the token; the token itself is kept nowhere
    permissions  text[] NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz
);

-- Row security: a row is visible only inside a transaction that named its tenant.
DO $$
DECLARE t text;
BEGIN
    FOR t IN SELECT table_name FROM information_schema.columns
              WHERE table_schema = 'public' AND column_name = 'tenant_id'
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        -- In a SELECT of its own, so that the setting is read once per statement, not once per row.
        EXECUTE format('CREATE POLICY tenant ON %I USING '
            '(tenant_id = (SELECT nullif(current_setting(''app.tenant'', true), '''')::uuid))', t);
    END LOOP;
END $$;

-- What runs for every tenant in turn (folding, publishing) must be able to list them.
CREATE POLICY listing ON tenants FOR SELECT
    USING ((SELECT current_setting('app.every_tenant', true)) = 'yes');

-- The view is as blind as whoever looks through it.
CREATE VIEW stale_hours WITH (security_invoker = true) AS SELECT DISTINCT tenant_id, hour FROM stale_marks;

-- A token is looked up before its tenant is known: the one row whose digest the transaction named is visible too.
CREATE POLICY by_digest ON api_tokens FOR SELECT
    USING (digest = (SELECT decode(nullif(current_setting('app.token_digest', true), ''), 'hex')));

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'flowlens_app') THEN
        CREATE ROLE flowlens_app LOGIN NOINHERIT;
    END IF;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO flowlens_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO flowlens_app;
REVOKE UPDATE, DELETE ON audit_events FROM flowlens_app;
REVOKE INSERT, UPDATE, DELETE ON tenants, schema_migrations FROM flowlens_app;
