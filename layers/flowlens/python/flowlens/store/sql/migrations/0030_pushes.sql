-- Gates that clouds push flow logs through, or word of them: each feed has its own, and what is refused there is counted.

CREATE TABLE push_gates (
    tenant_id    uuid NOT NULL REFERENCES tenants,
    feed_id      integer PRIMARY KEY REFERENCES feeds ON DELETE CASCADE,
    gate         uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(), -- a part of the address; nobody may choose it
    digest       bytea, -- of the secret, where whoever pushes bears one
    former       bytea, -- of the one before, which is good until then
    former_until timestamptz,
    made_at      timestamptz NOT NULL DEFAULT now(), -- gate or secret, whichever is newer
    heard_at     timestamptz -- when it was last let in, to the minute
);

-- By hour and reason, so that no number of forged calls makes it grow.
CREATE TABLE push_refusals (
    tenant_id uuid NOT NULL REFERENCES tenants,
    feed_id   integer NOT NULL REFERENCES feeds ON DELETE CASCADE,
    reason    text NOT NULL,
    hour      timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    times     bigint NOT NULL DEFAULT 1,
    last_at   timestamptz NOT NULL DEFAULT now(),
    detail    text NOT NULL, -- of the last one
    PRIMARY KEY (feed_id, reason, hour)
);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['push_gates', 'push_refusals']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I USING '
            '(tenant_id = (SELECT nullif(current_setting(''app.tenant'', true), '''')::uuid))', t);
    END LOOP;
END $$;
-- Before anybody is known: the one that is named.
CREATE POLICY gate ON push_gates FOR SELECT USING (gate::text = (SELECT current_setting('app.gate', true)));

GRANT SELECT, INSERT, UPDATE, DELETE ON push_gates, push_refusals TO flowlens_app;
