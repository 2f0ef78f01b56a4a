-- :name by_minutes
-- What each source saw of each dependency in each hour. Sums of 31-bit halves take a third of the time that sums of
-- whole values take; together they stop short of 2^62.
SELECT string_agg(int8send(dependency_id) || int8send(source_id) || timestamptz_send(hour) || int8send(rate)
           || int8send(octets_sent) || int8send(octets_received) || int8send(packets_sent) || int8send(packets_received)
           || int8send(packets_seen) || int8send(flows), '')
  FROM (SELECT m.dependency_id, m.source_id, date_bin('1 hour', m.minute, '2000-01-01 00:00+00') AS hour,
               greatest(max(m.rate), 1) AS rate,
               least(sum((m.octets_sent & 2147483647)::integer)
                     + (least(coalesce(sum((least(m.octets_sent, 4611686018427387903) >> 31)::integer)
                         FILTER (WHERE m.octets_sent > 2147483647), 0), 2147483647) << 31), 4611686018427387903) AS octets_sent,
               least(sum((m.octets_received & 2147483647)::integer)
                     + (least(coalesce(sum((least(m.octets_received, 4611686018427387903) >> 31)::integer)
                         FILTER (WHERE m.octets_received > 2147483647), 0), 2147483647) << 31), 4611686018427387903) AS octets_received,
               least(sum((m.packets_sent & 2147483647)::integer)
                     + (least(coalesce(sum((least(m.packets_sent, 4611686018427387903) >> 31)::integer)
                         FILTER (WHERE m.packets_sent > 2147483647), 0), 2147483647) << 31), 4611686018427387903) AS packets_sent,
               least(sum((m.packets_received & 2147483647)::integer)
                     + (least(coalesce(sum((least(m.packets_received, 4611686018427387903) >> 31)::integer)
                         FILTER (WHERE m.packets_received > 2147483647), 0), 2147483647) << 31), 4611686018427387903) AS packets_received,
               least(sum((m.packets_seen & 2147483647)::integer)
                     + (least(coalesce(sum((least(m.packets_seen, 4611686018427387903) >> 31)::integer)
                         FILTER (WHERE m.packets_seen > 2147483647), 0), 2147483647) << 31), 4611686018427387903) AS packets_seen,
               least(sum((m.flows & 2147483647)::integer)
                     + (least(coalesce(sum((least(m.flows, 4611686018427387903) >> 31)::integer)
                         FILTER (WHERE m.flows > 2147483647), 0), 2147483647) << 31), 4611686018427387903) AS flows
          FROM conversation_minutes m
         WHERE m.tenant_id = %(tenant)s AND m.minute >= %(start)s AND m.minute < %(end)s
         GROUP BY 1, 2, 3) s

-- :name by_hours
-- Of hours that wait to be folded again nothing.
SELECT t.hour, t.totals
  FROM hour_totals t
 WHERE t.tenant_id = %(tenant)s AND t.hour = ANY (%(hours)s::timestamptz[])
   AND NOT EXISTS (SELECT FROM stale_hours s WHERE s.tenant_id = t.tenant_id AND s.hour = t.hour)
 UNION ALL
SELECT s.hour, NULL
  FROM stale_hours s
 WHERE s.tenant_id = %(tenant)s AND s.hour = ANY (%(hours)s::timestamptz[])

-- :name by_folded_hours
SELECT t.hour, t.totals FROM totals_of(%(tenant)s, %(hours)s::timestamptz[]) t
