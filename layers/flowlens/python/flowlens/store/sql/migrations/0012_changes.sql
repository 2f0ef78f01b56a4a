-- What changed since when, so that whoever remembers dependencies reads again only what did; and windows found by their time.

ALTER TABLE merges ADD COLUMN changes bigint NOT NULL DEFAULT 0; -- how often what is shown changed

-- One row a change, kept for as long as somebody may remember what was before it.
CREATE TABLE dependency_changes (
    tenant_id    uuid NOT NULL REFERENCES tenants,
    change       bigint NOT NULL, -- merges.changes after it
    at           timestamptz NOT NULL DEFAULT now(),
    dependencies bytea, -- their ids, eight octets each, little end first; null: any may have changed, or be gone
    hours        timestamptz[] NOT NULL, -- whose volumes changed
    PRIMARY KEY (tenant_id, change)
);

ALTER TABLE dependency_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE dependency_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON dependency_changes
    USING (tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON dependency_changes TO flowlens_app;

-- Rows come in the order of their time, more or less: a summary of each stretch of a table finds them, and costs next to
-- nothing to write.
CREATE INDEX conversation_minutes_by_time ON conversation_minutes USING brin (minute)
    WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX conversation_hours_by_time ON conversation_hours USING brin (hour)
    WITH (pages_per_range = 16, autosummarize = on);

-- A service is looked for by its port, which never changes.
CREATE INDEX dependencies_by_port ON dependencies (port);

-- CIDR rules and descriptions: how often one of them changed.
CREATE TABLE classification_changes (
    tenant_id uuid PRIMARY KEY REFERENCES tenants,
    rules     bigint NOT NULL DEFAULT 0,
    said      bigint NOT NULL DEFAULT 0 -- of assets
);
ALTER TABLE classification_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE classification_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON classification_changes
    USING (tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON classification_changes TO flowlens_app;

-- By trigger, so that no writer can forget it.
CREATE FUNCTION count_classification_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO classification_changes AS c (tenant_id, rules, said)
    SELECT nullif(current_setting('app.tenant', true), '')::uuid,
           (TG_TABLE_NAME = 'classification_rules')::integer, (TG_TABLE_NAME = 'asset_descriptions')::integer
        ON CONFLICT (tenant_id) DO UPDATE SET rules = c.rules + excluded.rules, said = c.said + excluded.said;
    RETURN NULL;
END $$;
CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE ON classification_rules
    FOR EACH STATEMENT EXECUTE FUNCTION count_classification_change();
CREATE TRIGGER changes AFTER INSERT OR UPDATE OR DELETE ON asset_descriptions
    FOR EACH STATEMENT EXECUTE FUNCTION count_classification_change();
