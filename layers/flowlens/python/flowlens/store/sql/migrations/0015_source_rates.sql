-- Sampling rates that options data taught, so that what was counted before they came is corrected once.

CREATE TABLE source_rates (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    source_id  integer NOT NULL REFERENCES flow_sources ON DELETE CASCADE,
    rate       bigint NOT NULL,
    learned    timestamptz NOT NULL, -- when the first flow with this rate was received
    outcome    text CHECK (outcome IN ('corrected', 'ambiguous', 'unsampled_before')), -- null: it is too early to say
    flows      bigint NOT NULL DEFAULT 0, -- that were corrected
    settled_at timestamptz,
    PRIMARY KEY (tenant_id, source_id, rate)
);
ALTER TABLE source_rates ENABLE ROW LEVEL SECURITY;
ALTER TABLE source_rates FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON source_rates USING
    (tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON source_rates TO flowlens_app;

-- A minute whose flows have no rate yet has rate 0, and is counted as if it were 1.
CREATE OR REPLACE FUNCTION observed(tenant uuid, since timestamptz, until timestamptz, dependency bigint)
RETURNS TABLE (
    dependency_id bigint, source_id integer, hour timestamptz, flows bigint, octets_sent bigint, octets_received bigint,
    packets_sent bigint, packets_received bigint, octets_seen bigint, packets_seen bigint, rate bigint,
    counts_sent boolean, counts_received boolean, counts_flows boolean)
LANGUAGE sql STABLE AS $$
    SELECT s.*,
           1 = row_number() OVER (PARTITION BY s.dependency_id, s.hour ORDER BY s.octets_sent = 0 AND s.packets_sent = 0,
               s.rate, s.packets_sent DESC, s.octets_sent DESC, s.source_id),
           1 = row_number() OVER (PARTITION BY s.dependency_id, s.hour ORDER BY s.octets_received = 0 AND s.packets_received = 0,
               s.rate, s.packets_received DESC, s.octets_received DESC, s.source_id),
           1 = row_number() OVER (PARTITION BY s.dependency_id, s.hour ORDER BY s.rate, s.packets_seen DESC, s.flows DESC,
               s.source_id)
      FROM (SELECT m.dependency_id, m.source_id, date_trunc('hour', m.minute, 'UTC') AS hour, sum(m.flows)::bigint AS flows,
                   least(sum(m.octets_sent), 4611686018427387903)::bigint AS octets_sent,
                   least(sum(m.octets_received), 4611686018427387903)::bigint AS octets_received,
                   least(sum(m.packets_sent), 4611686018427387903)::bigint AS packets_sent,
                   least(sum(m.packets_received), 4611686018427387903)::bigint AS packets_received,
                   least(sum(m.octets_seen), 4611686018427387903)::bigint AS octets_seen,
                   least(sum(m.packets_seen), 4611686018427387903)::bigint AS packets_seen,
                   greatest(max(m.rate), 1) AS rate
              FROM conversation_minutes m
             WHERE m.tenant_id = tenant AND m.minute >= since AND m.minute < until
               AND (dependency IS NULL OR m.dependency_id = dependency)
             GROUP BY m.dependency_id, m.source_id, date_trunc('hour', m.minute, 'UTC')) s
$$;
