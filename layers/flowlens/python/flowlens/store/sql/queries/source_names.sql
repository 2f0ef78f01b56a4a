-- :name keep
INSERT INTO source_names AS n (tenant_id, source_id, kind, number, name)
SELECT DISTINCT ON (f.source_id, s.kind, s.number) %(tenant)s, f.source_id, s.kind, s.number, s.name
  FROM unnest(%(exporters)s::inet[], %(kinds)s::text[], %(numbers)s::bigint[], %(names)s::text[])
       WITH ORDINALITY AS s (exporter, kind, number, name, place)
  JOIN flow_sources f ON f.tenant_id = %(tenant)s AND f.exporter = s.exporter
 WHERE (SELECT count(*) FROM source_names o WHERE o.tenant_id = %(tenant)s AND o.source_id = f.source_id) < %(most)s
    OR EXISTS (SELECT FROM source_names o WHERE o.tenant_id = %(tenant)s AND o.source_id = f.source_id
                  AND o.kind = s.kind AND o.number = s.number)
 ORDER BY f.source_id, s.kind, s.number, s.place DESC
    ON CONFLICT (tenant_id, source_id, kind, number) DO UPDATE SET name = excluded.name, said_at = excluded.said_at

-- :name of
SELECT kind, number, name, said_at
  FROM source_names
 WHERE tenant_id = %(tenant)s AND source_id = %(source)s
 ORDER BY kind DESC, number
 LIMIT %(limit)s

-- :name known
SELECT n.kind, n.number, n.name
  FROM source_names n
  JOIN flow_sources f ON f.tenant_id = n.tenant_id AND f.source_id = n.source_id
 WHERE n.tenant_id = %(tenant)s AND f.exporter = %(exporter)s::inet AND n.number = ANY (%(numbers)s::bigint[])
