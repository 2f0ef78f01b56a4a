-- :name page
SELECT d.dependency_id AS id, d.address_space_id,
       d.client_id, host(c.address) AS client_address, d.server_id, host(s.address) AS server_address,
       d.protocol, d.port,
       CASE WHEN d.by_initiator > 0 THEN 'initiator' WHEN d.by_flags > 0 THEN 'flags'
            WHEN d.by_service > 0 THEN 'service' ELSE 'port_order' END AS evidence,
       d.first_seen, d.last_seen, d.flows, d.octets_sent, d.octets_received, d.packets_sent, d.packets_received
  FROM dependencies d
  JOIN assets c ON c.asset_id = d.client_id
  JOIN assets s ON s.asset_id = d.server_id
 WHERE d.tenant_id = %(tenant)s
   AND (%(id)s::bigint IS NULL OR d.dependency_id = %(id)s)
   AND (%(after)s::bigint IS NULL OR d.dependency_id < %(after)s)
   AND (%(as_client)s::bigint IS NULL OR d.client_id = %(as_client)s)
   AND (%(as_server)s::bigint IS NULL OR d.server_id = %(as_server)s)
   AND (%(at_either_end)s::bigint IS NULL OR d.client_id = %(at_either_end)s OR d.server_id = %(at_either_end)s)
   AND (%(space)s::integer IS NULL OR d.address_space_id = %(space)s)
   AND (%(client_space)s::integer IS NULL OR d.address_space_id = %(client_space)s)
   AND (%(server_space)s::integer IS NULL OR d.address_space_id = %(server_space)s)
   AND (%(client_network)s::inet IS NULL OR c.address <<= %(client_network)s)
   AND (%(server_network)s::inet IS NULL OR s.address <<= %(server_network)s)
   AND (NOT %(client_internet)s OR NOT c.address <<= ANY (%(internal)s::inet[]))
   AND (NOT %(server_internet)s OR NOT s.address <<= ANY (%(internal)s::inet[]))
   AND (%(port)s::integer IS NULL OR d.port = %(port)s)
   AND (%(protocol)s::smallint IS NULL OR d.protocol = %(protocol)s)
   AND (%(network)s::inet IS NULL OR c.address <<= %(network)s OR s.address <<= %(network)s)
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
WITH rolled AS (
    SELECT h.source_id, h.hour, h.flows
      FROM conversation_hours h
     WHERE h.tenant_id = %(tenant)s AND h.dependency_id = %(id)s
       AND NOT EXISTS (SELECT FROM stale_hours t WHERE t.tenant_id = h.tenant_id AND t.hour = h.hour)
     UNION ALL
    SELECT m.source_id, t.hour, m.flows
      FROM stale_hours t
      JOIN conversation_minutes m ON m.minute >= t.hour AND m.minute < t.hour + interval '1 hour'
     WHERE t.tenant_id = %(tenant)s AND m.tenant_id = %(tenant)s AND m.dependency_id = %(id)s
)
SELECT r.source_id, host(f.exporter) AS exporter, f.name, sum(r.flows)::bigint AS flows,
       min(r.hour) AS first_seen, max(r.hour) AS last_seen
  FROM rolled r
  LEFT JOIN flow_sources f ON f.tenant_id = %(tenant)s AND f.source_id = r.source_id
 GROUP BY r.source_id, f.exporter, f.name
 ORDER BY flows DESC, r.source_id
 LIMIT 100

-- :name minutes
SELECT minute AS t, sum(octets_sent)::bigint AS octets_sent, sum(octets_received)::bigint AS octets_received,
       sum(packets_sent)::bigint AS packets_sent, sum(packets_received)::bigint AS packets_received, sum(flows)::bigint AS flows
  FROM conversation_minutes
 WHERE tenant_id = %(tenant)s AND dependency_id = %(id)s AND minute >= %(start)s AND minute < %(end)s
 GROUP BY minute
 ORDER BY minute
 LIMIT %(limit)s

-- :name hours
WITH rolled AS (
    SELECT h.hour, h.octets_sent, h.octets_received, h.packets_sent, h.packets_received, h.flows
      FROM conversation_hours h
     WHERE h.tenant_id = %(tenant)s AND h.dependency_id = %(id)s AND h.hour >= %(start)s AND h.hour < %(end)s
       AND NOT EXISTS (SELECT FROM stale_hours t WHERE t.tenant_id = h.tenant_id AND t.hour = h.hour)
     UNION ALL
    SELECT t.hour, m.octets_sent, m.octets_received, m.packets_sent, m.packets_received, m.flows
      FROM stale_hours t
      JOIN conversation_minutes m ON m.minute >= t.hour AND m.minute < t.hour + interval '1 hour'
     WHERE t.tenant_id = %(tenant)s AND t.hour >= %(start)s AND t.hour < %(end)s
       AND m.tenant_id = %(tenant)s AND m.dependency_id = %(id)s AND m.minute >= %(start)s AND m.minute < %(end)s
)
SELECT hour AS t, sum(octets_sent)::bigint AS octets_sent, sum(octets_received)::bigint AS octets_received,
       sum(packets_sent)::bigint AS packets_sent, sum(packets_received)::bigint AS packets_received, sum(flows)::bigint AS flows
  FROM rolled
 GROUP BY hour
 ORDER BY hour
 LIMIT %(limit)s
