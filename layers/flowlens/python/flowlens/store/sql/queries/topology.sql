-- :name change
SELECT md5(string_agg(concat_ws(' ', source, epoch, xmin), ',' ORDER BY source, epoch))
  FROM ledger
 WHERE tenant_id = %(tenant)s

-- :name limit_time
SELECT set_config('statement_timeout', %(milliseconds)s, true)

-- :name edges
COPY (
    SELECT d.dependency_id, d.client_id, d.server_id, d.protocol, d.port,
           CASE WHEN d.by_initiator > 0 THEN 1 WHEN d.by_flags > 0 THEN 2
                WHEN d.by_service > 0 THEN 3 ELSE 4 END::smallint,
           d.first_seen, d.last_seen, upper(d.during),
           d.octets_sent, d.octets_received, d.packets_sent, d.packets_received, d.flows
      FROM dependencies d
     WHERE d.tenant_id = %(tenant)s
       AND d.during && tstzrange(%(start)s, %(end)s, %(bounds)s)
) TO STDOUT (FORMAT binary)

-- :name edges_by_minutes
COPY (
    SELECT d.dependency_id, d.client_id, d.server_id, d.protocol, d.port,
           CASE WHEN d.by_initiator > 0 THEN 1 WHEN d.by_flags > 0 THEN 2
                WHEN d.by_service > 0 THEN 3 ELSE 4 END::smallint,
           d.first_seen, d.last_seen, upper(d.during),
           coalesce(v.octets_sent, 0), coalesce(v.octets_received, 0),
           coalesce(v.packets_sent, 0), coalesce(v.packets_received, 0), coalesce(v.flows, 0)
      FROM dependencies d
      LEFT JOIN (
            SELECT m.dependency_id, sum(m.octets_sent)::bigint AS octets_sent,
                   sum(m.octets_received)::bigint AS octets_received, sum(m.packets_sent)::bigint AS packets_sent,
                   sum(m.packets_received)::bigint AS packets_received, sum(m.flows)::bigint AS flows
              FROM conversation_minutes m
             WHERE m.tenant_id = %(tenant)s AND m.minute >= %(start)s AND m.minute < %(end)s
             GROUP BY m.dependency_id) v USING (dependency_id)
     WHERE d.tenant_id = %(tenant)s
       AND (v.dependency_id IS NOT NULL OR d.during && tstzrange(%(start)s, %(end)s, %(bounds)s))
) TO STDOUT (FORMAT binary)

-- :name edges_by_hours
COPY (
    WITH rolled AS (
        SELECT h.dependency_id, h.octets_sent, h.octets_received, h.packets_sent, h.packets_received, h.flows
          FROM conversation_hours h
         WHERE h.tenant_id = %(tenant)s AND h.hour >= %(start)s AND h.hour < %(end)s
           AND NOT EXISTS (SELECT FROM stale_hours t WHERE t.tenant_id = h.tenant_id AND t.hour = h.hour)
         UNION ALL
        SELECT m.dependency_id, m.octets_sent, m.octets_received, m.packets_sent, m.packets_received, m.flows
          FROM stale_hours t
          JOIN conversation_minutes m ON m.minute >= t.hour AND m.minute < t.hour + interval '1 hour'
         WHERE t.tenant_id = %(tenant)s AND t.hour >= %(start)s AND t.hour < %(end)s
           AND m.tenant_id = %(tenant)s AND m.minute >= %(start)s AND m.minute < %(end)s
    )
    SELECT d.dependency_id, d.client_id, d.server_id, d.protocol, d.port,
           CASE WHEN d.by_initiator > 0 THEN 1 WHEN d.by_flags > 0 THEN 2
                WHEN d.by_service > 0 THEN 3 ELSE 4 END::smallint,
           d.first_seen, d.last_seen, upper(d.during),
           coalesce(v.octets_sent, 0), coalesce(v.octets_received, 0),
           coalesce(v.packets_sent, 0), coalesce(v.packets_received, 0), coalesce(v.flows, 0)
      FROM dependencies d
      LEFT JOIN (
            SELECT dependency_id, sum(octets_sent)::bigint AS octets_sent,
                   sum(octets_received)::bigint AS octets_received, sum(packets_sent)::bigint AS packets_sent,
                   sum(packets_received)::bigint AS packets_received, sum(flows)::bigint AS flows
              FROM rolled
             GROUP BY dependency_id) v USING (dependency_id)
     WHERE d.tenant_id = %(tenant)s
       AND (v.dependency_id IS NOT NULL OR d.during && tstzrange(%(start)s, %(end)s, %(bounds)s))
) TO STDOUT (FORMAT binary)

-- :name assets4
COPY (
    SELECT asset_id, address_space_id, address
      FROM assets
     WHERE tenant_id = %(tenant)s AND asset_id = ANY (%(ids)s::bigint[]) AND family(address) = 4
) TO STDOUT (FORMAT binary)

-- :name assets6
COPY (
    SELECT asset_id, address_space_id, address
      FROM assets
     WHERE tenant_id = %(tenant)s AND asset_id = ANY (%(ids)s::bigint[]) AND family(address) = 6
) TO STDOUT (FORMAT binary)
