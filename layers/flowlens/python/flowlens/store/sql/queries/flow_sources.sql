-- :name known
SELECT exporter, source_id, address_space_id
  FROM flow_sources
 WHERE tenant_id = %(tenant)s AND exporter = ANY (%(exporters)s::inet[])

-- :name enrol
INSERT INTO flow_sources (tenant_id, exporter, address_space_id, state)
SELECT %(tenant)s, exporter, s.address_space_id, state
  FROM unnest(%(exporters)s::inet[], %(states)s::text[]) AS e (exporter, state)
  JOIN address_spaces s ON s.tenant_id = %(tenant)s AND s.is_default
 ORDER BY exporter
    ON CONFLICT DO NOTHING

-- :name lock
SELECT source_id
  FROM flow_sources
 WHERE tenant_id = %(tenant)s AND exporter = ANY (%(exporters)s::inet[])
 ORDER BY source_id
   FOR NO KEY UPDATE

-- :name see
UPDATE flow_sources f
   SET formats = (SELECT coalesce(array_agg(DISTINCT format ORDER BY format), '{}')
                    FROM unnest(f.formats || e.formats) AS format),
       first_seen = least(f.first_seen, e.first_seen),
       last_seen = greatest(f.last_seen, e.last_seen)
  FROM (SELECT (r ->> 'exporter')::inet AS exporter,
               ARRAY(SELECT jsonb_array_elements_text(r -> 'formats')::smallint) AS formats,
               to_timestamp((r ->> 'first_seen_ms')::bigint / 1000.0) AS first_seen,
               to_timestamp((r ->> 'last_seen_ms')::bigint / 1000.0) AS last_seen
          FROM jsonb_array_elements(%(reports)s::jsonb) AS r) e
 WHERE f.tenant_id = %(tenant)s AND f.exporter = e.exporter

-- :name saw
WITH seen AS (
    SELECT source_id, array_agg(DISTINCT format) AS formats, min(first_seen) AS first_seen, max(last_seen) AS last_seen
      FROM unnest(%(sources)s::integer[], %(formats)s::smallint[], %(first)s::timestamptz[], %(last)s::timestamptz[])
        AS s (source_id, format, first_seen, last_seen)
     GROUP BY source_id
), due AS (
    SELECT s.*
      FROM seen s
      JOIN flow_sources f ON f.tenant_id = %(tenant)s AND f.source_id = s.source_id
     WHERE (f.last_seen IS NULL OR f.last_seen < s.last_seen OR f.first_seen > s.first_seen OR NOT f.formats @> s.formats)
       -- What a collector reports is seen by its clock; this is for sources that only their flows speak of.
       AND NOT EXISTS (SELECT FROM source_counters c WHERE c.tenant_id = %(tenant)s AND c.source_id = f.source_id)
     ORDER BY f.source_id
       FOR NO KEY UPDATE OF f
)
UPDATE flow_sources f
   SET formats = (SELECT array_agg(DISTINCT format ORDER BY format) FROM unnest(f.formats || d.formats) AS format),
       first_seen = least(f.first_seen, d.first_seen),
       last_seen = greatest(f.last_seen, d.last_seen)
  FROM due d
 WHERE f.tenant_id = %(tenant)s AND f.source_id = d.source_id

-- :name count
INSERT INTO source_counters AS c (tenant_id, source_id, collector, started, at, counters)
SELECT %(tenant)s, f.source_id, %(collector)s, to_timestamp(%(started_ms)s::bigint / 1000.0),
       to_timestamp(%(at_ms)s::bigint / 1000.0), r -> 'counters'
  FROM jsonb_array_elements(%(reports)s::jsonb) AS r
  JOIN flow_sources f ON f.tenant_id = %(tenant)s AND f.exporter = (r ->> 'exporter')::inet
 ORDER BY f.source_id
    ON CONFLICT (tenant_id, source_id, collector, started) DO UPDATE
   SET at = excluded.at, counters = excluded.counters
 WHERE excluded.at > c.at

-- :name count_collector
INSERT INTO collector_counters AS c (tenant_id, collector, started, at, counters)
VALUES (%(tenant)s, %(collector)s, to_timestamp(%(started_ms)s::bigint / 1000.0),
        to_timestamp(%(at_ms)s::bigint / 1000.0), %(totals)s::jsonb)
    ON CONFLICT (tenant_id, collector, started) DO UPDATE
   SET at = excluded.at, counters = excluded.counters
 WHERE excluded.at > c.at

-- :name states
SELECT exporter, state FROM flow_sources WHERE tenant_id = %(tenant)s ORDER BY exporter
