-- Saved views of the map and dashboards: what someone looks at, by name, for themselves or for others.
CREATE TABLE views (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    view_id    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('map', 'dashboard')),
    name       text NOT NULL,
    note       text NOT NULL DEFAULT '',
    owner      text NOT NULL, -- the principal
    owner_name text NOT NULL,
    audience   text[] NOT NULL DEFAULT '{}', -- who else sees it: all, or keys of roles
    state      jsonb NOT NULL CHECK (jsonb_typeof(state) = 'object'),
    version    integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, owner, kind, name)
);

ALTER TABLE views ENABLE ROW LEVEL SECURITY;
ALTER TABLE views FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON views USING (tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON views TO flowlens_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO flowlens_app;
