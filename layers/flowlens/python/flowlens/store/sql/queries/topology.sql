-- :name change
SELECT md5(string_agg(concat_ws(' ', source, epoch, xmin), ',' ORDER BY source, epoch))
  FROM ledger
 WHERE tenant_id = %(tenant)s

-- :name limit_time
SELECT set_config('statement_timeout', %(milliseconds)s, true)

-- :name edges
-- One value holds all rows, packed: Python then has no object per row to make.
WITH carried AS (
    SELECT m.dependency_id, m.octets_sent, m.octets_received, m.packets_sent, m.packets_received, m.flows
      FROM conversation_minutes m
     WHERE %(by_minutes)s AND m.tenant_id = %(tenant)s AND m.minute >= %(start)s AND m.minute < %(end)s
     UNION ALL
    SELECT h.dependency_id, h.octets_sent, h.octets_received, h.packets_sent, h.packets_received, h.flows
      FROM conversation_hours h
     WHERE %(by_hours)s AND h.tenant_id = %(tenant)s AND h.hour >= %(start)s AND h.hour < %(end)s
       AND NOT EXISTS (SELECT FROM stale_hours t WHERE t.tenant_id = h.tenant_id AND t.hour = h.hour)
     UNION ALL
    SELECT m.dependency_id, m.octets_sent, m.octets_received, m.packets_sent, m.packets_received, m.flows
      FROM stale_hours t
      JOIN conversation_minutes m ON m.minute >= t.hour AND m.minute < t.hour + interval '1 hour'
     WHERE %(by_hours)s AND t.tenant_id = %(tenant)s AND t.hour >= %(start)s AND t.hour < %(end)s
       AND m.tenant_id = %(tenant)s AND m.minute >= %(start)s AND m.minute < %(end)s
), volumes AS (
    SELECT dependency_id,
           least(sum(octets_sent), 9223372036854775807)::bigint AS octets_sent,
           least(sum(octets_received), 9223372036854775807)::bigint AS octets_received,
           least(sum(packets_sent), 9223372036854775807)::bigint AS packets_sent,
           least(sum(packets_received), 9223372036854775807)::bigint AS packets_received,
           least(sum(flows), 9223372036854775807)::bigint AS flows
      FROM carried
     GROUP BY dependency_id
), edges AS (
    SELECT d.dependency_id, d.client_id, d.server_id, d.protocol, d.port, d.first_seen, d.last_seen,
           upper(d.during) AS until,
           CASE WHEN d.by_initiator > 0 THEN 1 WHEN d.by_flags > 0 THEN 2
                WHEN d.by_service > 0 THEN 3 ELSE 4 END AS rung,
           CASE WHEN %(by_totals)s THEN d.octets_sent ELSE coalesce(v.octets_sent, 0) END AS octets_sent,
           CASE WHEN %(by_totals)s THEN d.octets_received ELSE coalesce(v.octets_received, 0) END AS octets_received,
           CASE WHEN %(by_totals)s THEN d.packets_sent ELSE coalesce(v.packets_sent, 0) END AS packets_sent,
           CASE WHEN %(by_totals)s THEN d.packets_received ELSE coalesce(v.packets_received, 0) END AS packets_received,
           CASE WHEN %(by_totals)s THEN d.flows ELSE coalesce(v.flows, 0) END AS flows
      FROM dependencies d
      LEFT JOIN volumes v USING (dependency_id)
     WHERE d.tenant_id = %(tenant)s
       AND (v.dependency_id IS NOT NULL OR d.during && tstzrange(%(start)s, %(end)s, %(bounds)s))
)
SELECT string_agg(
           int8send(dependency_id) || int8send(client_id) || int8send(server_id) || int4send(protocol)
           || int4send(port) || int4send(rung) || timestamptz_send(first_seen) || timestamptz_send(last_seen)
           || timestamptz_send(until) || int8send(octets_sent) || int8send(octets_received)
           || int8send(packets_sent) || int8send(packets_received) || int8send(flows), '')
  FROM edges

-- :name assets
SELECT string_agg(int8send(asset_id) || int4send(address_space_id) || inet_send(address), '')
           FILTER (WHERE family(address) = 4) AS v4,
       string_agg(int8send(asset_id) || int4send(address_space_id) || inet_send(address), '')
           FILTER (WHERE family(address) = 6) AS v6
  FROM assets
 WHERE tenant_id = %(tenant)s AND asset_id = ANY (%(ids)s::bigint[])
