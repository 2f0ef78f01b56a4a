-- Captures and flow logs that people upload in the browser, and what became of each.

CREATE TABLE uploads (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    upload_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL, -- the file's
    octets     bigint NOT NULL CHECK (octets > 0),
    actor      text NOT NULL,
    state      text NOT NULL DEFAULT 'expected' CHECK (state IN ('expected', 'read', 'refused')),
    created_at timestamptz NOT NULL DEFAULT now(),
    read_at    timestamptz, -- or refused
    reason     text NOT NULL DEFAULT '', -- why it was refused, by name
    detail     text NOT NULL DEFAULT '',
    format     text NOT NULL DEFAULT '',
    lines      bigint NOT NULL DEFAULT 0, -- of a log; packets of a capture
    flows      bigint NOT NULL DEFAULT 0,
    counts     jsonb NOT NULL DEFAULT '{}',
    unreadable jsonb NOT NULL DEFAULT '{}',
    examples   jsonb NOT NULL DEFAULT '{}',
    first_flow timestamptz,
    last_flow  timestamptz
);
CREATE INDEX uploads_by_time ON uploads (tenant_id, upload_id DESC);
ALTER TABLE uploads ENABLE ROW LEVEL SECURITY;
ALTER TABLE uploads FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON uploads USING (tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON uploads TO flowlens_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO flowlens_app;
