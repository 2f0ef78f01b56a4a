-- :name stage_attempts
CREATE TEMPORARY TABLE new_attempts (
    position   bigint NOT NULL,
    space      integer NOT NULL,
    protocol   smallint NOT NULL,
    port       integer NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen  timestamptz NOT NULL,
    flows      bigint NOT NULL,
    packets    bigint NOT NULL,
    octets     bigint NOT NULL,
    client     inet NOT NULL
) ON COMMIT DROP

-- :name stage_servers
CREATE TEMPORARY TABLE new_attempt_servers (position bigint NOT NULL, server inet NOT NULL) ON COMMIT DROP

-- :name add
-- Port 0 holds what one client tried of one server beyond MOST_PORTS ports: a scan.
WITH new AS (
    SELECT n.space, n.client, s.server, n.protocol, n.port, n.first_seen, n.last_seen, n.flows, n.packets, n.octets
      FROM new_attempts n JOIN new_attempt_servers s USING (position)
), held AS MATERIALIZED (
    SELECT p.space, p.client, p.server, p.protocol, array_agg(a.port) AS ports
      FROM (SELECT DISTINCT space, client, server, protocol FROM new) p
      JOIN attempts a ON a.tenant_id = %(tenant)s AND a.address_space_id = p.space AND a.client = p.client
                     AND a.server = p.server AND a.protocol = p.protocol
     GROUP BY p.space, p.client, p.server, p.protocol
), placed AS (
    SELECT n.*, coalesce(n.port = ANY(h.ports), false) AS known,
           coalesce(cardinality(h.ports), 0)
           + row_number() OVER (PARTITION BY n.space, n.client, n.server, n.protocol,
                                             coalesce(n.port = ANY(h.ports), false) ORDER BY n.port) AS place
      FROM new n LEFT JOIN held h USING (space, client, server, protocol)
), folded AS (
    SELECT space, client, server, protocol,
           CASE WHEN known OR place <= %(most)s OR protocol NOT IN (6, 17, 33, 132, 136) THEN port ELSE 0 END AS port,
           min(first_seen) AS first_seen, max(last_seen) AS last_seen,
           least(sum(flows), 4611686018427387903)::bigint AS flows,
           least(sum(packets), 4611686018427387903)::bigint AS packets,
           least(sum(octets), 4611686018427387903)::bigint AS octets
      FROM placed
     GROUP BY 1, 2, 3, 4, 5
)
INSERT INTO attempts AS a (tenant_id, address_space_id, client, server, protocol, port, first_seen, last_seen, flows,
                           packets, octets)
SELECT %(tenant)s, space, client, server, protocol, port, first_seen, last_seen, flows, packets, octets
  FROM folded
 ORDER BY space, server, port, protocol, client
ON CONFLICT (tenant_id, address_space_id, server, port, protocol, client) DO UPDATE
   SET first_seen = least(a.first_seen, excluded.first_seen), last_seen = greatest(a.last_seen, excluded.last_seen),
       flows = least(a.flows, 4611686018427387903) + least(excluded.flows, 4611686018427387903),
       packets = least(a.packets, 4611686018427387903) + least(excluded.packets, 4611686018427387903),
       octets = least(a.octets, 4611686018427387903) + least(excluded.octets, 4611686018427387903)

-- :name page
SELECT a.attempt_id AS id, a.address_space_id,
       CASE WHEN NOT %(limited)s OR within_limits(a.tenant_id, a.address_space_id, a.client)
            THEN host(a.client) END AS client,
       CASE WHEN NOT %(limited)s OR within_limits(a.tenant_id, a.address_space_id, a.server)
            THEN host(a.server) END AS server, a.protocol, a.port,
       a.first_seen, a.last_seen, a.flows, a.packets, a.octets,
       EXISTS (SELECT FROM assets c
                 JOIN dependencies d ON d.client_id = c.asset_id
                 JOIN assets s ON s.asset_id = d.server_id
                WHERE c.tenant_id = a.tenant_id AND c.address_space_id = a.address_space_id AND c.address = a.client
                  AND s.address = a.server AND d.protocol = a.protocol AND d.port = a.port) AS allowed,
       coalesce((SELECT array_agg(DISTINCT r.value ORDER BY r.value) FROM sightings r
                  WHERE r.tenant_id = a.tenant_id AND r.address_space_id = a.address_space_id AND r.address = a.client
                    AND r.kind = 'reject_reason' AND r.server = a.server AND r.protocol = a.protocol
                    AND r.port = a.port), '{}') AS reasons
  FROM attempts a
 WHERE a.tenant_id = %(tenant)s
   AND (%(space)s::integer IS NULL OR a.address_space_id = %(space)s)
   AND (%(client)s::inet IS NULL OR a.client = %(client)s
        AND (NOT %(limited)s OR within_limits(a.tenant_id, a.address_space_id, a.client)))
   AND (%(server)s::inet IS NULL OR a.server = %(server)s
        AND (NOT %(limited)s OR within_limits(a.tenant_id, a.address_space_id, a.server)))
   AND (%(protocol)s::smallint IS NULL OR a.protocol = %(protocol)s)
   AND (%(port)s::integer IS NULL OR a.port = %(port)s)
   AND (%(before)s::bigint IS NULL OR a.attempt_id < %(before)s)
 ORDER BY a.attempt_id DESC
 LIMIT %(limit)s
