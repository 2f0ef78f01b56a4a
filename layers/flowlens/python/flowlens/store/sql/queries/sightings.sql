-- :name add
INSERT INTO sightings AS s (tenant_id, address_space_id, address, server, protocol, port, kind, value, first_seen, last_seen)
SELECT %(tenant)s, n.space, n.address::inet, n.server::inet, n.protocol, n.port, n.kind, n.value, min(n.first), max(n.last)
  FROM unnest(%(space)s::integer[], %(address)s::text[], %(server)s::text[], %(protocol)s::smallint[], %(port)s::integer[],
              %(kind)s::text[], %(value)s::text[], %(first)s::timestamptz[], %(last)s::timestamptz[])
       AS n (space, address, server, protocol, port, kind, value, first, last)
 WHERE (SELECT count(*) FROM (
           SELECT FROM sightings h
            WHERE h.tenant_id = %(tenant)s AND h.address_space_id = n.space AND h.address = n.address::inet
              AND h.kind = n.kind AND h.value <> n.value LIMIT 200) held) < 200
 GROUP BY n.space, n.address::inet, n.server::inet, n.protocol, n.port, n.kind, n.value
 ORDER BY n.space, n.address::inet, n.kind, n.value, n.server::inet, n.protocol, n.port
ON CONFLICT (tenant_id, address_space_id, address, kind, value, server, protocol, port) DO UPDATE
   SET first_seen = least(s.first_seen, excluded.first_seen), last_seen = greatest(s.last_seen, excluded.last_seen)
 WHERE excluded.first_seen < s.first_seen OR excluded.last_seen > s.last_seen

-- :name of_asset
SELECT s.kind, s.value, min(s.first_seen) AS first_seen, max(s.last_seen) AS last_seen
  FROM assets a
  JOIN sightings s ON s.tenant_id = a.tenant_id AND s.address_space_id = a.address_space_id AND s.address = a.address
 WHERE a.tenant_id = %(tenant)s AND a.asset_id = %(asset)s AND s.server IS NULL
 GROUP BY s.kind, s.value
 ORDER BY max(s.last_seen) DESC, s.kind, s.value
 LIMIT %(limit)s

-- :name of_dependency
SELECT s.kind, s.value, min(s.first_seen) AS first_seen, max(s.last_seen) AS last_seen
  FROM dependencies d
  JOIN assets c ON c.asset_id = d.client_id
  JOIN assets e ON e.asset_id = d.server_id
  JOIN sightings s ON s.tenant_id = d.tenant_id AND s.address_space_id = c.address_space_id AND s.address = c.address
                  AND s.server = e.address AND s.protocol = d.protocol AND s.port = d.port
 WHERE d.tenant_id = %(tenant)s AND d.dependency_id = %(dependency)s
 GROUP BY s.kind, s.value
 ORDER BY max(s.last_seen) DESC, s.kind, s.value
 LIMIT %(limit)s
