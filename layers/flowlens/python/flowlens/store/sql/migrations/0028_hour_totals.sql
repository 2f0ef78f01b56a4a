-- What each dependency carried in an hour, all of an hour in one value: a window of days is read as so many values.

CREATE TABLE hour_totals (
    tenant_id uuid NOT NULL REFERENCES tenants,
    hour      timestamptz NOT NULL,
    totals    bytea STORAGE EXTERNAL NOT NULL, -- of each dependency in the order of their ids: id, octets, packets, flows
    PRIMARY KEY (tenant_id, hour)
);
ALTER TABLE hour_totals ENABLE ROW LEVEL SECURITY;
ALTER TABLE hour_totals FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON hour_totals USING (tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')::uuid));
GRANT SELECT, INSERT, DELETE ON hour_totals TO flowlens_app;

-- The same of hours as they are folded: one source counts for each direction, and for the flows.
CREATE FUNCTION totals_of(tenant uuid, hours timestamptz[])
RETURNS TABLE (hour timestamptz, totals bytea)
LANGUAGE sql STABLE AS $$
    SELECT s.hour,
           string_agg(int8send(s.dependency_id) || int8send(s.octets) || int8send(s.packets) || int8send(s.flows), ''
                      ORDER BY s.dependency_id)
      FROM (SELECT h.hour, h.dependency_id,
                   least(coalesce(sum(h.octets_sent) FILTER (WHERE h.counts_sent), 0)
                         + coalesce(sum(h.octets_received) FILTER (WHERE h.counts_received), 0),
                         9223372036854775807)::bigint AS octets,
                   least(coalesce(sum(h.packets_sent) FILTER (WHERE h.counts_sent), 0)
                         + coalesce(sum(h.packets_received) FILTER (WHERE h.counts_received), 0),
                         9223372036854775807)::bigint AS packets,
                   least(coalesce(sum(h.flows) FILTER (WHERE h.counts_flows), 0), 9223372036854775807)::bigint AS flows
              FROM conversation_hours h
             WHERE h.tenant_id = tenant AND h.hour = ANY (hours)
             GROUP BY h.hour, h.dependency_id) s
     GROUP BY s.hour
$$;
