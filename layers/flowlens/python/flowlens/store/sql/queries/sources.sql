-- :name page
SELECT f.source_id AS id, host(f.exporter) AS exporter, f.name, f.note, f.address_space_id, f.state, f.formats,
       f.first_seen, f.last_seen, f.version, f.created_at,
       coalesce((SELECT jsonb_object_agg(k.name, k.total)
                   FROM (SELECT e.key AS name, sum(e.value::numeric) AS total
                           FROM source_counters c CROSS JOIN LATERAL jsonb_each_text(c.counters) AS e
                          WHERE c.tenant_id = f.tenant_id AND c.source_id = f.source_id
                          GROUP BY e.key) AS k), '{}') AS counters,
       coalesce((SELECT jsonb_agg(jsonb_build_object('rate', r.rate, 'learned', r.learned, 'outcome', r.outcome, 'flows', r.flows)
                                  ORDER BY r.learned, r.rate)
                   FROM source_rates r
                  WHERE r.tenant_id = f.tenant_id AND r.source_id = f.source_id), '[]') AS sampling_rates
  FROM flow_sources f
 WHERE f.tenant_id = %(tenant)s
   AND (%(id)s::integer IS NULL OR f.source_id = %(id)s)
   AND (%(after)s::integer IS NULL OR f.source_id > %(after)s)
   AND (%(wanted)s::boolean IS NULL OR (f.formats && %(formats)s::smallint[]) = %(wanted)s)
 ORDER BY f.source_id
 LIMIT %(limit)s

-- :name create
INSERT INTO flow_sources (tenant_id, exporter, name, note, address_space_id, state)
SELECT %(tenant)s, %(exporter)s, %(name)s, %(note)s, a.address_space_id, %(state)s
  FROM address_spaces a
 WHERE a.tenant_id = %(tenant)s
   AND CASE WHEN %(space)s::integer IS NULL THEN a.is_default ELSE a.address_space_id = %(space)s END
ON CONFLICT (tenant_id, exporter) DO NOTHING
RETURNING source_id

-- :name held_version
SELECT version FROM flow_sources WHERE tenant_id = %(tenant)s AND source_id = %(id)s FOR NO KEY UPDATE

-- :name update
UPDATE flow_sources
   SET name = coalesce(%(name)s, name), note = coalesce(%(note)s, note), state = coalesce(%(state)s, state),
       address_space_id = coalesce(%(space)s, address_space_id), version = version + 1
 WHERE tenant_id = %(tenant)s AND source_id = %(id)s

-- :name delete
DELETE FROM flow_sources WHERE tenant_id = %(tenant)s AND source_id = %(id)s

-- :name spaces
SELECT address_space_id AS id, name, is_default, created_at
  FROM address_spaces
 WHERE tenant_id = %(tenant)s AND (%(id)s::integer IS NULL OR address_space_id = %(id)s)
 ORDER BY address_space_id
 LIMIT 1000

-- :name create_space
INSERT INTO address_spaces (tenant_id, name)
SELECT %(tenant)s, %(name)s
 WHERE (SELECT count(*) FROM address_spaces WHERE tenant_id = %(tenant)s) < 1000
ON CONFLICT (tenant_id, name) DO NOTHING
RETURNING address_space_id AS id, name, is_default, created_at
