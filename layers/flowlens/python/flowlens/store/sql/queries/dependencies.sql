-- :name page
SELECT d.dependency_id AS id, d.address_space_id,
       c.asset_id AS client_id, host(c.address) AS client_address, s.asset_id AS server_id,
       host(s.address) AS server_address, -- of an end beyond the limits there is nothing
       d.protocol, d.port,
       CASE WHEN d.by_initiator > 0 THEN 'initiator' WHEN d.by_flags > 0 THEN 'flags'
            WHEN d.by_service > 0 THEN 'service' ELSE 'port_order' END AS evidence,
       d.first_seen, d.last_seen, d.flows, d.octets_sent, d.octets_received, d.packets_sent, d.packets_received
  FROM dependencies d
  LEFT JOIN assets c ON c.asset_id = d.client_id
  LEFT JOIN assets s ON s.asset_id = d.server_id
 WHERE d.tenant_id = %(tenant)s
   AND (%(id)s::bigint IS NULL OR d.dependency_id = %(id)s)
   AND (%(after)s::bigint IS NULL OR d.dependency_id < %(after)s)
   AND (%(chosen)s::bigint[] IS NULL OR d.dependency_id = ANY (%(chosen)s))
   AND (%(as_client)s::bigint IS NULL OR d.client_id = %(as_client)s AND c.asset_id IS NOT NULL)
   AND (%(as_server)s::bigint IS NULL OR d.server_id = %(as_server)s AND s.asset_id IS NOT NULL)
   AND (%(at_either_end)s::bigint IS NULL OR d.client_id = %(at_either_end)s OR d.server_id = %(at_either_end)s)
   AND (%(space)s::integer IS NULL OR d.address_space_id = %(space)s)
   AND (%(client_space)s::integer IS NULL OR d.address_space_id = %(client_space)s)
   AND (%(server_space)s::integer IS NULL OR d.address_space_id = %(server_space)s)
   AND (%(client_network)s::inet IS NULL OR c.address <<= %(client_network)s)
   AND (%(server_network)s::inet IS NULL OR s.address <<= %(server_network)s)
   AND (%(client_assets)s::bigint[] IS NULL OR c.asset_id = ANY (%(client_assets)s))
   AND (%(server_assets)s::bigint[] IS NULL OR s.asset_id = ANY (%(server_assets)s))
   AND (NOT %(client_internet)s OR NOT c.address <<= ANY (%(internal)s::inet[]))
   AND (NOT %(server_internet)s OR NOT s.address <<= ANY (%(internal)s::inet[]))
   AND (%(port)s::integer IS NULL OR d.port = %(port)s)
   AND (%(protocol)s::smallint IS NULL OR d.protocol = %(protocol)s)
   AND (%(network)s::inet IS NULL OR c.address <<= %(network)s OR s.address <<= %(network)s)
   AND (%(ends)s::bigint[] IS NULL
        OR d.client_id = ANY (%(ends)s) OR d.server_id = ANY (%(ends)s)
        OR d.port = ANY (%(ports)s::integer[])
           AND (d.protocol, d.port) IN (SELECT * FROM unnest(%(protocols)s::smallint[], %(ports)s::integer[])))
   AND (%(part)s::text IS NULL
        OR strpos(host(c.address), %(part)s) > 0 OR strpos(host(s.address), %(part)s) > 0
        OR (d.protocol, d.port) IN (SELECT * FROM unnest(%(protocols)s::smallint[], %(ports)s::integer[])))
 ORDER BY d.dependency_id DESC
 LIMIT %(limit)s

-- :name belief
SELECT by_initiator AS initiator, by_flags AS flags, by_service AS service, by_port_order AS port_order,
       first_evidence, octets_seen, packets_seen,
       ARRAY(SELECT r FROM unnest(during) AS r ORDER BY lower(r) DESC LIMIT 100) AS during
  FROM dependencies
 WHERE tenant_id = %(tenant)s AND dependency_id = %(id)s

-- :name seen_by
WITH observers AS (
    SELECT h.source_id, h.hour, h.flows, h.octets_sent, h.octets_received, h.rate, h.counts_sent, h.counts_received
      FROM conversation_hours h
     WHERE h.tenant_id = %(tenant)s AND h.dependency_id = %(id)s
       AND NOT EXISTS (SELECT FROM stale_hours t WHERE t.tenant_id = h.tenant_id AND t.hour = h.hour)
     UNION ALL
    SELECT o.source_id, o.hour, o.flows, o.octets_sent, o.octets_received, o.rate, o.counts_sent, o.counts_received
      FROM stale_hours t
     CROSS JOIN LATERAL observed(%(tenant)s, t.hour, t.hour + interval '1 hour', %(id)s) o
     WHERE t.tenant_id = %(tenant)s
)
SELECT o.source_id, host(f.exporter) AS exporter, f.name, f.formats, sum(o.flows)::bigint AS flows,
       least(sum(o.octets_sent) + sum(o.octets_received), 9223372036854775807)::bigint AS octets,
       least(coalesce(sum(o.octets_sent) FILTER (WHERE o.counts_sent), 0)
             + coalesce(sum(o.octets_received) FILTER (WHERE o.counts_received), 0), 9223372036854775807)::bigint
           AS octets_counted,
       max(o.rate) AS sampling_rate, min(o.hour) AS first_seen, max(o.hour) AS last_seen
  FROM observers o
  LEFT JOIN flow_sources f ON f.tenant_id = %(tenant)s AND f.source_id = o.source_id
 GROUP BY o.source_id, f.exporter, f.name, f.formats
 ORDER BY octets_counted DESC, flows DESC, o.source_id
 LIMIT 100

-- :name minutes
SELECT m.minute AS t,
       coalesce(sum(m.octets_sent) FILTER (WHERE o.counts_sent), 0)::bigint AS octets_sent,
       coalesce(sum(m.octets_received) FILTER (WHERE o.counts_received), 0)::bigint AS octets_received,
       coalesce(sum(m.packets_sent) FILTER (WHERE o.counts_sent), 0)::bigint AS packets_sent,
       coalesce(sum(m.packets_received) FILTER (WHERE o.counts_received), 0)::bigint AS packets_received,
       coalesce(sum(m.flows) FILTER (WHERE o.counts_flows), 0)::bigint AS flows
  FROM conversation_minutes m
  JOIN observed(%(tenant)s, date_trunc('hour', %(start)s::timestamptz, 'UTC'),
                date_trunc('hour', %(end)s::timestamptz, 'UTC') + interval '1 hour', %(id)s) o
    ON o.source_id = m.source_id AND o.hour = date_trunc('hour', m.minute, 'UTC')
 WHERE m.tenant_id = %(tenant)s AND m.dependency_id = %(id)s AND m.minute >= %(start)s AND m.minute < %(end)s
 GROUP BY m.minute
 ORDER BY m.minute
 LIMIT %(limit)s

-- :name hours
WITH observers AS (
    SELECT h.hour, h.octets_sent, h.octets_received, h.packets_sent, h.packets_received, h.flows,
           h.counts_sent, h.counts_received, h.counts_flows
      FROM conversation_hours h
     WHERE h.tenant_id = %(tenant)s AND h.dependency_id = %(id)s AND h.hour >= %(start)s AND h.hour < %(end)s
       AND NOT EXISTS (SELECT FROM stale_hours t WHERE t.tenant_id = h.tenant_id AND t.hour = h.hour)
     UNION ALL
    SELECT o.hour, o.octets_sent, o.octets_received, o.packets_sent, o.packets_received, o.flows,
           o.counts_sent, o.counts_received, o.counts_flows
      FROM stale_hours t
     CROSS JOIN LATERAL observed(%(tenant)s, t.hour, t.hour + interval '1 hour', %(id)s) o
     WHERE t.tenant_id = %(tenant)s AND t.hour >= %(start)s AND t.hour < %(end)s
)
SELECT hour AS t,
       coalesce(sum(octets_sent) FILTER (WHERE counts_sent), 0)::bigint AS octets_sent,
       coalesce(sum(octets_received) FILTER (WHERE counts_received), 0)::bigint AS octets_received,
       coalesce(sum(packets_sent) FILTER (WHERE counts_sent), 0)::bigint AS packets_sent,
       coalesce(sum(packets_received) FILTER (WHERE counts_received), 0)::bigint AS packets_received,
       coalesce(sum(flows) FILTER (WHERE counts_flows), 0)::bigint AS flows
  FROM observers
 GROUP BY hour
 ORDER BY hour
 LIMIT %(limit)s
