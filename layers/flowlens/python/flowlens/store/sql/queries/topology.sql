-- :name change
SELECT changes AS number, concat_ws(' ', merged, xmin) AS text
  FROM merges
 WHERE tenant_id = %(tenant)s

-- :name changes
SELECT dependencies, hours
  FROM dependency_changes
 WHERE tenant_id = %(tenant)s AND change > %(since)s AND change <= %(until)s

-- :name count
-- Exact up to what anyone remembers.
SELECT count(*) FROM (SELECT FROM dependencies WHERE tenant_id = %(tenant)s LIMIT %(most)s) d

-- :name dependencies
-- All that were valid after an instant, or those of `ids`. One value holds all rows, packed, and another the intervals
-- of each in the same order: Python then has no object per row to make.
SELECT string_agg(
           int8send(dependency_id)
           -- An end beyond the limits is one for each address space: the negative of its number.
           || int8send(CASE WHEN NOT %(limited)s OR EXISTS (SELECT FROM assets a WHERE a.asset_id = d.client_id)
                            THEN d.client_id ELSE -d.address_space_id END)
           || int8send(CASE WHEN NOT %(limited)s OR EXISTS (SELECT FROM assets a WHERE a.asset_id = d.server_id)
                            THEN d.server_id ELSE -d.address_space_id END)
           || int4send(protocol) || int4send(port)
           || int4send(CASE WHEN by_initiator > 0 THEN 1 WHEN by_flags > 0 THEN 2 WHEN by_service > 0 THEN 3 ELSE 4 END)
           || timestamptz_send(first_seen) || timestamptz_send(last_seen) || timestamptz_send(lower(during))
           || timestamptz_send(upper(during)) || int4send(octet_length(multirange_send(during)))
           || int8send(octets_sent) || int8send(octets_received) || int8send(packets_sent) || int8send(packets_received)
           || int8send(flows), '') AS rows,
       string_agg(multirange_send(during), '') AS intervals
  FROM dependencies d
 WHERE tenant_id = %(tenant)s AND NOT isempty(during)
   AND (%(since)s::timestamptz IS NULL OR upper(during) > %(since)s)
   AND (%(ids)s::bigint[] IS NULL OR dependency_id = ANY (%(ids)s))

-- :name volumes_by_minutes
-- What was carried in a span, a row for each dependency, hour and source that counts there: whoever asks adds them up.
SELECT string_agg(int8send(o.dependency_id) || int8send(CASE WHEN o.counts_sent THEN o.octets_sent ELSE 0 END)
           || int8send(CASE WHEN o.counts_received THEN o.octets_received ELSE 0 END)
           || int8send(CASE WHEN o.counts_sent THEN o.packets_sent ELSE 0 END)
           || int8send(CASE WHEN o.counts_received THEN o.packets_received ELSE 0 END)
           || int8send(CASE WHEN o.counts_flows THEN o.flows ELSE 0 END), '')
  FROM observed(%(tenant)s, %(start)s, %(end)s, NULL) o
 WHERE o.counts_sent OR o.counts_received OR o.counts_flows

-- :name volumes_by_hours
-- What was carried in a span, by dependency: one source counts for each hour and direction.
WITH observers AS (
    SELECT h.dependency_id, h.octets_sent, h.octets_received, h.packets_sent, h.packets_received, h.flows,
           h.counts_sent, h.counts_received, h.counts_flows
      FROM conversation_hours h
     WHERE h.tenant_id = %(tenant)s AND h.hour >= %(start)s AND h.hour < %(end)s
       AND NOT EXISTS (SELECT FROM stale_hours t WHERE t.tenant_id = h.tenant_id AND t.hour = h.hour)
     UNION ALL
    SELECT o.dependency_id, o.octets_sent, o.octets_received, o.packets_sent, o.packets_received, o.flows,
           o.counts_sent, o.counts_received, o.counts_flows
      FROM stale_hours t
     CROSS JOIN LATERAL observed(%(tenant)s, t.hour, t.hour + interval '1 hour', NULL) o
     WHERE t.tenant_id = %(tenant)s AND t.hour >= %(start)s AND t.hour < %(end)s
), volumes AS (
    SELECT dependency_id,
           least(sum(octets_sent) FILTER (WHERE counts_sent), 9223372036854775807)::bigint AS octets_sent,
           least(sum(octets_received) FILTER (WHERE counts_received), 9223372036854775807)::bigint AS octets_received,
           least(sum(packets_sent) FILTER (WHERE counts_sent), 9223372036854775807)::bigint AS packets_sent,
           least(sum(packets_received) FILTER (WHERE counts_received), 9223372036854775807)::bigint AS packets_received,
           least(sum(flows) FILTER (WHERE counts_flows), 9223372036854775807)::bigint AS flows
      FROM observers
     GROUP BY dependency_id
)
SELECT string_agg(int8send(dependency_id) || int8send(coalesce(octets_sent, 0)) || int8send(coalesce(octets_received, 0))
           || int8send(coalesce(packets_sent, 0)) || int8send(coalesce(packets_received, 0))
           || int8send(coalesce(flows, 0)), '')
  FROM volumes

-- :name limit_time
-- And memory to sum the minutes of a window in, which the default would do on disk.
SELECT set_config('statement_timeout', %(milliseconds)s, true), set_config('work_mem', '64MB', true)

-- :name assets
SELECT string_agg(int8send(asset_id) || int4send(address_space_id) || inet_send(address), '')
           FILTER (WHERE family(address) = 4) AS v4,
       string_agg(int8send(asset_id) || int4send(address_space_id) || inet_send(address), '')
           FILTER (WHERE family(address) = 6) AS v6
  FROM assets
 WHERE tenant_id = %(tenant)s AND (%(ids)s::bigint[] IS NULL OR asset_id = ANY (%(ids)s))
