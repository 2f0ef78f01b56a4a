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
