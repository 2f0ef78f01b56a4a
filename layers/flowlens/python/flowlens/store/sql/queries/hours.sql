-- :name stale
SELECT hour FROM stale_hours WHERE tenant_id = %(tenant)s ORDER BY hour

-- :name keep_partitions
LOCK TABLE conversation_minutes IN ACCESS SHARE MODE

-- :name unmark
DELETE FROM stale_marks WHERE tenant_id = %(tenant)s AND hour = %(hour)s

-- :name clear
DELETE FROM conversation_hours WHERE tenant_id = %(tenant)s AND hour = %(hour)s

-- :name fold
INSERT INTO conversation_hours (
    tenant_id, dependency_id, source_id, hour, flows, octets_sent, octets_received, packets_sent, packets_received,
    octets_seen, packets_seen)
SELECT tenant_id, dependency_id, source_id, %(hour)s, sum(flows),
       least(sum(octets_sent), 4611686018427387903), least(sum(octets_received), 4611686018427387903),
       least(sum(packets_sent), 4611686018427387903), least(sum(packets_received), 4611686018427387903),
       least(sum(octets_seen), 4611686018427387903), least(sum(packets_seen), 4611686018427387903)
  FROM conversation_minutes
 WHERE tenant_id = %(tenant)s AND minute >= %(hour)s AND minute < %(hour)s + interval '1 hour'
 GROUP BY tenant_id, dependency_id, source_id
