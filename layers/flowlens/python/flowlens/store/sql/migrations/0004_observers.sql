-- Of the sources that saw a dependency in an hour, one counts for each direction; what the others saw stays as evidence.

ALTER TABLE conversation_minutes ADD COLUMN rate bigint NOT NULL DEFAULT 1; -- the largest sampling rate of its flows
ALTER TABLE conversation_hours
    ADD COLUMN rate            bigint NOT NULL DEFAULT 1,
    ADD COLUMN counts_sent     boolean NOT NULL DEFAULT true, -- whether this source's octets and packets sent count
    ADD COLUMN counts_received boolean NOT NULL DEFAULT true,
    ADD COLUMN counts_flows    boolean NOT NULL DEFAULT true;

-- The hours in [since, until), summed from their minutes, with who counts: whoever saw anything, then the lowest sampling
-- rate, then the most packets, then octets, then the source that was known first. It is a function of sums alone, so
-- that no order of arrival changes it. Only minutes in [since, until) are looked at; one dependency, or all where null.
CREATE FUNCTION observed(tenant uuid, since timestamptz, until timestamptz, dependency bigint)
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
                   max(m.rate) AS rate
              FROM conversation_minutes m
             WHERE m.tenant_id = tenant AND m.minute >= since AND m.minute < until
               AND (dependency IS NULL OR m.dependency_id = dependency)
             GROUP BY m.dependency_id, m.source_id, date_trunc('hour', m.minute, 'UTC')) s
$$;

-- What was folded before is folded again, as far as its minutes are still there.
DO $$
DECLARE t uuid;
BEGIN
    PERFORM set_config('app.every_tenant', 'yes', true);
    FOR t IN SELECT tenant_id FROM tenants LOOP
        PERFORM set_config('app.tenant', t::text, true);
        INSERT INTO stale_marks (tenant_id, hour)
        SELECT DISTINCT t, date_trunc('hour', minute, 'UTC') FROM conversation_minutes WHERE tenant_id = t;
    END LOOP;
    PERFORM set_config('app.every_tenant', '', true), set_config('app.tenant', '', true);
END $$;
