-- The audit trail as a chain: each event has the next number of its tenant and a hash over the one before, and stays as it is.

ALTER TABLE audit_events
    ADD COLUMN number bigint,
    ADD COLUMN hash   bytea,
    -- What was written before there was a chain has neither.
    ADD CONSTRAINT audit_events_are_linked CHECK (number IS NOT NULL AND hash IS NOT NULL) NOT VALID,
    ADD CONSTRAINT audit_events_of UNIQUE (tenant_id, number);

-- The last event of each tenant. Its row is locked by whoever writes the next one, so that numbers have no gaps.
CREATE TABLE audit_heads (
    tenant_id uuid PRIMARY KEY REFERENCES tenants,
    number    bigint NOT NULL,
    hash      bytea NOT NULL,
    anchored  bigint NOT NULL DEFAULT 0 -- the last number whose hash was signed and put where nobody can change it
);
ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_heads
    USING (tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON audit_heads TO flowlens_app;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events of the audit trail stay as they are' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_events_stay BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
