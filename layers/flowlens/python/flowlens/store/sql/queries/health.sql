-- :name ping
SELECT 1

-- :name schema_version
SELECT coalesce(max(version), 0) FROM schema_migrations

-- :name newest
SELECT max(updated_at) FROM ledger WHERE tenant_id = %(tenant)s

-- :name sizes
SELECT (SELECT count(*) FROM assets WHERE tenant_id = %(tenant)s) AS assets,
       (SELECT count(*) FROM dependencies WHERE tenant_id = %(tenant)s) AS dependencies,
       (SELECT count(*) FROM dead_letters WHERE tenant_id = %(tenant)s) AS dead_letters,
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
