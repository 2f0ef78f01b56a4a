-- :name hours
-- What was counted in each step, which is a whole number of hours.
WITH observers AS (
    SELECT h.hour, h.octets_sent, h.octets_received, h.flows, h.counts_sent, h.counts_received, h.counts_flows
      FROM conversation_hours h
     WHERE h.tenant_id = %(tenant)s AND h.hour >= %(start)s AND h.hour < %(end)s
       AND (%(chosen)s::bigint[] IS NULL OR h.dependency_id = ANY (%(chosen)s))
       AND NOT EXISTS (SELECT FROM stale_hours t WHERE t.tenant_id = h.tenant_id AND t.hour = h.hour)
     UNION ALL
    SELECT o.hour, o.octets_sent, o.octets_received, o.flows, o.counts_sent, o.counts_received, o.counts_flows
      FROM stale_hours t
     CROSS JOIN LATERAL observed(%(tenant)s, t.hour, t.hour + interval '1 hour', NULL) o
     WHERE t.tenant_id = %(tenant)s AND t.hour >= %(start)s AND t.hour < %(end)s
       AND (%(chosen)s::bigint[] IS NULL OR o.dependency_id = ANY (%(chosen)s))
)
SELECT date_bin(%(step)s, hour, %(start)s) AS t,
       least(coalesce(sum(octets_sent) FILTER (WHERE counts_sent), 0)
             + coalesce(sum(octets_received) FILTER (WHERE counts_received), 0), 9223372036854775807)::bigint AS octets,
       least(coalesce(sum(flows) FILTER (WHERE counts_flows), 0), 9223372036854775807)::bigint AS flows
  FROM observers
 GROUP BY 1
 ORDER BY 1

-- :name minutes
SELECT date_bin(%(step)s, m.minute, %(start)s) AS t,
       least(coalesce(sum(m.octets_sent) FILTER (WHERE o.counts_sent), 0)
             + coalesce(sum(m.octets_received) FILTER (WHERE o.counts_received), 0), 9223372036854775807)::bigint
           AS octets,
       least(coalesce(sum(m.flows) FILTER (WHERE o.counts_flows), 0), 9223372036854775807)::bigint AS flows
  FROM conversation_minutes m
  JOIN observed(%(tenant)s, date_trunc('hour', %(start)s::timestamptz, 'UTC'),
                date_trunc('hour', %(end)s::timestamptz, 'UTC') + interval '1 hour', NULL) o
    ON o.dependency_id = m.dependency_id AND o.source_id = m.source_id AND o.hour = date_trunc('hour', m.minute, 'UTC')
 WHERE m.tenant_id = %(tenant)s AND m.minute >= %(start)s AND m.minute < %(end)s
   AND (%(chosen)s::bigint[] IS NULL OR m.dependency_id = ANY (%(chosen)s))
 GROUP BY 1
 ORDER BY 1

-- :name changes
-- Dependencies that were seen for the first time or again, and those that fell silent.
SELECT date_bin(%(step)s, c.at, %(start)s) AS t,
       count(*) FILTER (WHERE c.came) AS added, count(*) FILTER (WHERE NOT c.came) AS gone
  FROM dependencies d
 CROSS JOIN LATERAL unnest(d.during) AS r
 CROSS JOIN LATERAL (VALUES (lower(r), true), (upper(r), false)) AS c (at, came)
 WHERE d.tenant_id = %(tenant)s AND c.at >= %(start)s AND c.at < %(end)s AND (c.came OR c.at <= %(now)s)
   AND (%(chosen)s::bigint[] IS NULL OR d.dependency_id = ANY (%(chosen)s))
 GROUP BY 1
 ORDER BY 1
