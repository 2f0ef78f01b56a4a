-- What each counted record adds waits as bytes until a merge writes many of them into the rows that people read.

-- Written in the transaction that enters the record in the ledger, removed in the one that merges it.
CREATE TABLE deltas (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    source     uuid NOT NULL,
    epoch      bigint NOT NULL,
    record     bigint NOT NULL,
    counted_at timestamptz NOT NULL DEFAULT now(),
    rows       integer NOT NULL,
    refused    text, -- why the database would not take it; it then waits for a person
    body       bytea NOT NULL,
    PRIMARY KEY (source, epoch, record, tenant_id)
);
ALTER TABLE deltas ALTER COLUMN body SET STORAGE EXTERNAL; -- it is packed already

-- One row a tenant: who holds it merges. `merged` differs after every merge.
CREATE TABLE merges (
    tenant_id uuid PRIMARY KEY REFERENCES tenants,
    merged    bigint NOT NULL DEFAULT 0, -- deltas
    merged_at timestamptz NOT NULL DEFAULT '-infinity',
    took      interval NOT NULL DEFAULT '0'
);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['deltas', 'merges']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I USING '
            '(tenant_id = (SELECT nullif(current_setting(''app.tenant'', true), '''')::uuid))', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON deltas, merges TO flowlens_app;
