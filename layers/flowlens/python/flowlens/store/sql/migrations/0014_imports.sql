-- Files that people import: their parts until they are applied, and which versions they wrote, so that they can be undone.

CREATE TABLE imports (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    import_id  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('assets', 'classification_rules')),
    name       text NOT NULL,
    state      text NOT NULL DEFAULT 'uploading' CHECK (state IN ('uploading', 'applied', 'undone')),
    actor      text NOT NULL,
    changed    integer NOT NULL DEFAULT 0, -- assets or rules that it changed
    kept       integer NOT NULL DEFAULT 0, -- that it had changed and somebody else since, when it was undone
    created_at timestamptz NOT NULL DEFAULT now(),
    applied_at timestamptz,
    undone_at  timestamptz
);
CREATE TABLE import_parts (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    import_id  integer NOT NULL REFERENCES imports ON DELETE CASCADE,
    part       integer NOT NULL,
    content    bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (import_id, part)
);
ALTER TABLE asset_descriptions ADD COLUMN import_id integer REFERENCES imports; -- that wrote this version
ALTER TABLE classification_rules ADD COLUMN import_id integer REFERENCES imports;
CREATE INDEX asset_descriptions_of_import ON asset_descriptions (import_id) WHERE import_id IS NOT NULL;
CREATE INDEX classification_rules_of_import ON classification_rules (import_id) WHERE import_id IS NOT NULL;

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['imports', 'import_parts']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I USING '
            '(tenant_id = (SELECT nullif(current_setting(''app.tenant'', true), '''')::uuid))', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON imports TO flowlens_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON import_parts TO flowlens_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO flowlens_app;
