-- :name stale
SELECT hour FROM stale_hours WHERE tenant_id = %(tenant)s ORDER BY hour

-- :name keep_partitions
LOCK TABLE conversation_minutes IN ACCESS SHARE MODE

-- :name unmark
DELETE FROM stale_marks WHERE tenant_id = %(tenant)s AND hour = %(hour)s

-- :name stage_excess
CREATE TEMPORARY TABLE excess ( -- of the totals of dependencies, which hold what every source saw: what does not count
    dependency_id    bigint NOT NULL,
    flows            bigint NOT NULL,
    octets_sent      bigint NOT NULL,
    octets_received  bigint NOT NULL,
    packets_sent     bigint NOT NULL,
    packets_received bigint NOT NULL
) ON COMMIT DROP

-- :name clear_totals
DELETE FROM hour_totals WHERE tenant_id = %(tenant)s AND hour = %(hour)s

-- :name total
-- Of an hour that is over: the one that is not will be folded again soon.
INSERT INTO hour_totals (tenant_id, hour, totals)
SELECT %(tenant)s, t.hour, t.totals
  FROM totals_of(%(tenant)s, ARRAY[%(hour)s::timestamptz]) t
 WHERE %(hour)s < now() - interval '1 hour'

-- :name clear
WITH gone AS (
    DELETE FROM conversation_hours WHERE tenant_id = %(tenant)s AND hour = %(hour)s RETURNING *
)
INSERT INTO excess
SELECT dependency_id, CASE WHEN counts_flows THEN 0 ELSE -flows END,
       CASE WHEN counts_sent THEN 0 ELSE -octets_sent END, CASE WHEN counts_received THEN 0 ELSE -octets_received END,
       CASE WHEN counts_sent THEN 0 ELSE -packets_sent END, CASE WHEN counts_received THEN 0 ELSE -packets_received END
  FROM gone
 WHERE NOT (counts_flows AND counts_sent AND counts_received)

-- :name fold
WITH made AS (
    INSERT INTO conversation_hours (
        tenant_id, dependency_id, source_id, hour, flows, octets_sent, octets_received, packets_sent, packets_received,
        octets_seen, packets_seen, rate, counts_sent, counts_received, counts_flows)
    SELECT %(tenant)s, dependency_id, source_id, hour, flows, octets_sent, octets_received, packets_sent, packets_received,
           octets_seen, packets_seen, rate, counts_sent, counts_received, counts_flows
      FROM observed(%(tenant)s, %(hour)s, %(hour)s::timestamptz + interval '1 hour', NULL)
    RETURNING *
)
INSERT INTO excess
SELECT dependency_id, CASE WHEN counts_flows THEN 0 ELSE flows END,
       CASE WHEN counts_sent THEN 0 ELSE octets_sent END, CASE WHEN counts_received THEN 0 ELSE octets_received END,
       CASE WHEN counts_sent THEN 0 ELSE packets_sent END, CASE WHEN counts_received THEN 0 ELSE packets_received END
  FROM made
 WHERE NOT (counts_flows AND counts_sent AND counts_received)

-- :name correct
WITH corrected AS (UPDATE dependencies d
   SET flows = greatest(d.flows - e.flows, 0),
       octets_sent = greatest(d.octets_sent - e.octets_sent, 0),
       octets_received = greatest(d.octets_received - e.octets_received, 0),
       packets_sent = greatest(d.packets_sent - e.packets_sent, 0),
       packets_received = greatest(d.packets_received - e.packets_received, 0)
  FROM (SELECT dependency_id, sum(flows)::bigint AS flows, sum(octets_sent)::bigint AS octets_sent,
               sum(octets_received)::bigint AS octets_received, sum(packets_sent)::bigint AS packets_sent,
               sum(packets_received)::bigint AS packets_received
          FROM excess GROUP BY dependency_id) e
 WHERE d.tenant_id = %(tenant)s AND d.dependency_id = e.dependency_id
   AND (e.flows, e.octets_sent, e.octets_received, e.packets_sent, e.packets_received) <> (0, 0, 0, 0, 0)
RETURNING d.dependency_id
)
SELECT string_agg(int8send(dependency_id), '') FROM corrected
