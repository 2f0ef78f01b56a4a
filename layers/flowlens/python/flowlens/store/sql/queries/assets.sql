-- :name page
SELECT a.asset_id AS id, a.address_space_id, host(a.address) AS address,
       a.address <<= ANY (%(internal)s::inet[]) AS internal, a.first_seen, a.last_seen
  FROM assets a
 WHERE a.tenant_id = %(tenant)s
   AND (%(space)s::integer IS NULL OR a.address_space_id = %(space)s)
   AND (%(network)s::inet IS NULL OR a.address <<= %(network)s)
   AND (%(within)s::inet IS NULL OR a.address <<= %(within)s)
   AND (NOT %(internet)s OR NOT a.address <<= ANY (%(internal)s::inet[]))
   AND (%(members)s::bigint[] IS NULL OR a.asset_id = ANY (%(members)s))
   AND (%(chosen)s::bigint[] IS NULL OR a.asset_id = ANY (%(chosen)s))
   AND (%(part)s::text IS NULL OR strpos(host(a.address), %(part)s) > 0 OR a.asset_id = ANY (%(named)s::bigint[]))
   AND (%(after_space)s::integer IS NULL
        OR (a.address_space_id, a.address) > (%(after_space)s, %(after_address)s::inet))
 ORDER BY a.address_space_id, a.address
 LIMIT %(limit)s

-- :name sought
SELECT asset_id FROM assets
 WHERE tenant_id = %(tenant)s
   AND (%(part)s::text IS NULL OR strpos(host(address), %(part)s) > 0)
   AND (%(network)s::inet IS NULL OR address <<= %(network)s)
 LIMIT %(limit)s

-- :name one
SELECT asset_id AS id, address_space_id, host(address) AS address,
       address <<= ANY (%(internal)s::inet[]) AS internal, first_seen, last_seen
  FROM assets
 WHERE tenant_id = %(tenant)s AND asset_id = %(id)s

-- :name upstream
SELECT count(DISTINCT server_id) AS assets, count(*) AS dependencies
  FROM dependencies
 WHERE tenant_id = %(tenant)s AND client_id = %(id)s

-- :name downstream
SELECT count(DISTINCT client_id) AS assets, count(*) AS dependencies
  FROM dependencies
 WHERE tenant_id = %(tenant)s AND server_id = %(id)s
