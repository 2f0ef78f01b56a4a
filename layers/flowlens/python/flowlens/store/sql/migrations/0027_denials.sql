-- Denied attempts that were noted once and came again: counted here until they become one line of the audit trail.

CREATE TABLE denials (
    tenant_id uuid NOT NULL REFERENCES tenants,
    key       bytea NOT NULL, -- sha256 of what makes two attempts alike
    actor     text NOT NULL,
    action    text NOT NULL,
    target    text NOT NULL,
    detail    jsonb NOT NULL, -- of the last one
    since     timestamptz NOT NULL DEFAULT now(), -- when one was last noted
    last_at   timestamptz NOT NULL DEFAULT now(),
    times     bigint NOT NULL DEFAULT 0, -- that came after it, and were not noted yet
    PRIMARY KEY (tenant_id, key)
);

ALTER TABLE denials ENABLE ROW LEVEL SECURITY;
ALTER TABLE denials FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON denials USING (tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON denials TO flowlens_app;
