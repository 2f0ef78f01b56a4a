-- What exporters call their interfaces, routing instances, applications and hosts, told in options data and counter samples.

CREATE TABLE source_names (
    tenant_id uuid NOT NULL REFERENCES tenants,
    source_id integer NOT NULL REFERENCES flow_sources ON DELETE CASCADE,
    kind      text NOT NULL CHECK (kind IN ('interfaces', 'descriptions', 'vrfs', 'applications', 'hosts')),
    number    bigint NOT NULL, -- of applications: engine << 56 | selector, as a signed number
    name      text NOT NULL,
    said_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, source_id, kind, number)
);
ALTER TABLE source_names ENABLE ROW LEVEL SECURITY;
ALTER TABLE source_names FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON source_names USING
    (tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON source_names TO flowlens_app;
