-- :name learn
INSERT INTO source_rates AS s (tenant_id, source_id, rate, learned)
SELECT %(tenant)s, n.source_id, n.rate, min(n.learned)
  FROM unnest(%(sources)s::integer[], %(rates)s::bigint[], %(received)s::timestamptz[]) AS n (source_id, rate, learned)
  LEFT JOIN source_rates k ON k.tenant_id = %(tenant)s AND k.source_id = n.source_id AND k.rate = n.rate
 -- Most are known already, and a row that is not touched is not locked.
 WHERE (k.learned IS NULL OR n.learned < k.learned)
   AND (SELECT count(*) FROM source_rates o WHERE o.tenant_id = %(tenant)s AND o.source_id = n.source_id) < 64
 GROUP BY n.source_id, n.rate
 ORDER BY n.source_id, n.rate
    ON CONFLICT (tenant_id, source_id, rate) DO UPDATE SET learned = least(s.learned, excluded.learned)

-- :name due
SELECT f.source_id, f.rate, f.learned,
       EXISTS (SELECT FROM source_rates o
                WHERE o.tenant_id = %(tenant)s AND o.source_id = f.source_id AND o.rate <> f.rate
                  AND o.learned <= f.learned + %(settle)s) AS ambiguous
  FROM (SELECT DISTINCT ON (source_id) * FROM source_rates
         WHERE tenant_id = %(tenant)s ORDER BY source_id, learned, rate) f
 WHERE f.learned <= %(before)s
   AND NOT EXISTS (SELECT FROM source_rates o
                    WHERE o.tenant_id = %(tenant)s AND o.source_id = f.source_id AND o.outcome IS NOT NULL)
 ORDER BY f.source_id

-- :name unsampled_before
SELECT EXISTS (SELECT FROM conversation_minutes m
                WHERE m.tenant_id = %(tenant)s AND m.source_id = %(source)s AND m.rate = 0
                  AND m.minute >= %(since)s AND m.minute < %(until)s)

-- :name stage_unrated
CREATE TEMPORARY TABLE unrated ( -- by how much what had no rate grows
    dependency_id    bigint NOT NULL,
    minute           timestamptz NOT NULL,
    flows            bigint NOT NULL,
    octets_sent      bigint NOT NULL,
    octets_received  bigint NOT NULL,
    packets_sent     bigint NOT NULL,
    packets_received bigint NOT NULL
) ON COMMIT DROP

-- :name add_unrated
INSERT INTO unrated
SELECT m.dependency_id, m.minute, m.flows,
       least(m.octets_sent::numeric * %(rate)s, 4611686018427387903)::bigint - m.octets_sent AS octets_sent,
       least(m.octets_received::numeric * %(rate)s, 4611686018427387903)::bigint - m.octets_received AS octets_received,
       least(m.packets_sent::numeric * %(rate)s, 4611686018427387903)::bigint - m.packets_sent AS packets_sent,
       least(m.packets_received::numeric * %(rate)s, 4611686018427387903)::bigint - m.packets_received AS packets_received
  FROM conversation_minutes m
 WHERE m.tenant_id = %(tenant)s AND m.source_id = %(source)s AND m.rate = 0
   AND m.minute >= %(first)s AND m.minute <= %(last)s

-- :name correct_minutes
UPDATE conversation_minutes m
   SET octets_sent = least(m.octets_sent::numeric * %(rate)s, 4611686018427387903)::bigint,
       octets_received = least(m.octets_received::numeric * %(rate)s, 4611686018427387903)::bigint,
       packets_sent = least(m.packets_sent::numeric * %(rate)s, 4611686018427387903)::bigint,
       packets_received = least(m.packets_received::numeric * %(rate)s, 4611686018427387903)::bigint,
       rate = %(rate)s
 WHERE m.tenant_id = %(tenant)s AND m.source_id = %(source)s AND m.rate = 0
   AND m.minute >= %(first)s AND m.minute <= %(last)s

-- :name correct_totals
UPDATE dependencies d
   SET octets_sent = least(d.octets_sent + u.octets_sent, 4611686018427387903)::bigint,
       octets_received = least(d.octets_received + u.octets_received, 4611686018427387903)::bigint,
       packets_sent = least(d.packets_sent + u.packets_sent, 4611686018427387903)::bigint,
       packets_received = least(d.packets_received + u.packets_received, 4611686018427387903)::bigint
  FROM (SELECT dependency_id, sum(octets_sent) AS octets_sent, sum(octets_received) AS octets_received,
               sum(packets_sent) AS packets_sent, sum(packets_received) AS packets_received
          FROM unrated GROUP BY dependency_id) u
 WHERE d.tenant_id = %(tenant)s AND d.dependency_id = u.dependency_id

-- :name mark_stale
INSERT INTO stale_marks (tenant_id, hour)
SELECT DISTINCT %(tenant)s::uuid, date_trunc('hour', minute, 'UTC') FROM unrated

-- :name staged_flows
SELECT coalesce(sum(flows), 0)::bigint FROM unrated

-- :name settle
UPDATE source_rates
   SET outcome = %(outcome)s, flows = %(flows)s, settled_at = now()
 WHERE tenant_id = %(tenant)s AND source_id = %(source)s AND rate = %(rate)s

-- :name late
SELECT source_id, rate, learned, false AS ambiguous
  FROM source_rates
 WHERE tenant_id = %(tenant)s AND source_id = ANY (%(sources)s) AND outcome = 'corrected'

-- :name add_late
UPDATE source_rates SET flows = flows + %(flows)s
 WHERE tenant_id = %(tenant)s AND source_id = %(source)s AND outcome = 'corrected'
