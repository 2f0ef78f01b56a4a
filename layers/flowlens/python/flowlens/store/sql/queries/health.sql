-- :name ping
SELECT 1

-- :name schema_version
SELECT coalesce(max(version), 0) FROM schema_migrations

-- :name newest
SELECT max(updated_at) FROM ledger WHERE tenant_id = %(tenant)s

-- :name sizes
SELECT (SELECT count(*) FROM assets WHERE tenant_id = %(tenant)s) AS assets,
       (SELECT count(*) FROM dependencies WHERE tenant_id = %(tenant)s) AS dependencies,
       (SELECT count(*) FROM dead_letters WHERE tenant_id = %(tenant)s AND state <> 'ignored') AS dead_letters,
       (SELECT count(*) FROM deltas WHERE tenant_id = %(tenant)s AND refused IS NULL) AS deltas_waiting,
       (SELECT count(*) FROM deltas WHERE tenant_id = %(tenant)s AND refused IS NOT NULL) AS deltas_refused,
       (SELECT count(*) FROM stale_hours WHERE tenant_id = %(tenant)s) AS stale_hours,
       (SELECT coalesce(sum((counters ->> 'kernel_dropped')::numeric), 0)::bigint
          FROM collector_counters WHERE tenant_id = %(tenant)s) AS kernel_dropped

-- :name sources
SELECT state, formats, last_seen,
       coalesce((SELECT jsonb_object_agg(k.name, k.total)
                   FROM (SELECT e.key AS name, sum(e.value::numeric) AS total
                           FROM source_counters c CROSS JOIN LATERAL jsonb_each_text(c.counters) AS e
                          WHERE c.tenant_id = f.tenant_id AND c.source_id = f.source_id
                          GROUP BY e.key) AS k), '{}') AS counters
  FROM flow_sources f
 WHERE f.tenant_id = %(tenant)s
 ORDER BY f.source_id
 LIMIT 10000

-- :name collectors
-- What a process counted ends with it, so that what was dropped is summed over all; how it is now, the newest says.
SELECT collector AS id, max(started) AS started, max(at) AS reported_at, count(*) AS runs,
       (array_agg(counters ORDER BY started DESC))[1] AS now,
       sum(coalesce((counters ->> 'received')::numeric, 0))::bigint AS received,
       sum(coalesce((counters ->> 'flows')::numeric, 0))::bigint AS flows,
       sum(coalesce((counters ->> 'kernel_dropped')::numeric, 0))::bigint AS kernel_dropped,
       sum(coalesce((counters ->> 'flows_spool_full')::numeric, 0))::bigint AS flows_spool_full,
       sum(coalesce((counters ->> 'bw_in_allowance_exceeded')::numeric, 0)
           + coalesce((counters ->> 'pps_allowance_exceeded')::numeric, 0)
           + coalesce((counters ->> 'conntrack_allowance_exceeded')::numeric, 0))::bigint AS allowance_exceeded
  FROM collector_counters
 WHERE tenant_id = %(tenant)s
 GROUP BY collector
 ORDER BY max(at) DESC, collector
 LIMIT 1000
