-- :name page
SELECT f.feed_id AS id, f.kind, f.name, f.note, f.settings, f.state, f.version, f.created_at,
       r.last_read, r.last_data, r.delay_seconds, r.logs, r.lines, r.flows, r.counts, r.unreadable,
       coalesce((SELECT examples FROM feed_readings e
                  WHERE e.feed_id = f.feed_id AND e.tenant_id = f.tenant_id AND e.examples <> '{}'
                    AND e.read_at > now() - interval '1 day'
                  ORDER BY e.read_at DESC LIMIT 1), '{}') AS examples,
       c.interfaces, c.nodata_seconds, c.skipped, f.secret IS NOT NULL AS has_secret
  FROM feeds f
 CROSS JOIN LATERAL (
       SELECT max(d.read_at) AS last_read, max(d.latest) AS last_data,
              extract(epoch FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY d.read_at - d.latest))::float AS delay_seconds,
              count(*) AS logs, coalesce(sum(d.lines), 0)::bigint AS lines, coalesce(sum(d.flows), 0)::bigint AS flows,
              coalesce((SELECT jsonb_object_agg(k, v) FROM (
                  SELECT e.key AS k, sum(e.value::numeric) AS v FROM feed_readings i, jsonb_each_text(i.counts) e
                   WHERE i.feed_id = f.feed_id AND i.tenant_id = f.tenant_id
                     AND i.read_at > now() - interval '1 day' GROUP BY e.key) s), '{}') AS counts,
              coalesce((SELECT jsonb_object_agg(k, v) FROM (
                  SELECT e.key AS k, sum(e.value::numeric) AS v FROM feed_readings i, jsonb_each_text(i.unreadable) e
                   WHERE i.feed_id = f.feed_id AND i.tenant_id = f.tenant_id
                     AND i.read_at > now() - interval '1 day' GROUP BY e.key) s), '{}')
                  AS unreadable
         FROM feed_readings d
        WHERE d.feed_id = f.feed_id AND d.tenant_id = f.tenant_id AND d.read_at > now() - interval '1 day') r
 CROSS JOIN LATERAL (
       SELECT count(DISTINCT v.exporter) AS interfaces, coalesce(sum(v.nodata_seconds), 0)::bigint AS nodata_seconds,
              coalesce(sum(v.skipped), 0)::bigint AS skipped
         FROM feed_coverage v
        WHERE v.feed_id = f.feed_id AND v.tenant_id = f.tenant_id AND v.hour > now() - interval '1 day') c
 WHERE f.tenant_id = %(tenant)s
   AND (%(id)s::integer IS NULL OR f.feed_id = %(id)s)
   AND (%(after)s::integer IS NULL OR f.feed_id > %(after)s)
 ORDER BY f.feed_id
 LIMIT %(limit)s

-- :name every
SELECT feed_id, kind, settings, state FROM feeds WHERE tenant_id = %(tenant)s AND kind = %(kind)s ORDER BY feed_id LIMIT 1000

-- :name due
SELECT feed_id AS feed, kind, settings, secret, external_id, created_at
  FROM feeds
 WHERE tenant_id = %(tenant)s AND kind = ANY(%(kinds)s::text[])
   AND CASE WHEN %(feed)s::integer IS NULL THEN state = 'active' ELSE feed_id = %(feed)s END
 ORDER BY feed_id
 LIMIT 1000

-- :name described
SELECT kind, settings, state FROM feeds WHERE tenant_id = %(tenant)s AND feed_id = %(id)s

-- :name keep_secret
UPDATE feeds SET secret = %(secret)s WHERE tenant_id = %(tenant)s AND feed_id = %(id)s

-- :name create
INSERT INTO feeds (tenant_id, kind, name, note, settings, state)
SELECT %(tenant)s, %(kind)s, %(name)s, %(note)s, %(settings)s, %(state)s
 WHERE (SELECT count(*) FROM feeds WHERE tenant_id = %(tenant)s) < 1000
ON CONFLICT (tenant_id, name) DO NOTHING
RETURNING feed_id

-- :name held
SELECT version, kind, name FROM feeds WHERE tenant_id = %(tenant)s AND feed_id = %(id)s FOR NO KEY UPDATE

-- :name update
UPDATE feeds
   SET name = coalesce(%(name)s, name), note = coalesce(%(note)s, note), state = coalesce(%(state)s, state),
       settings = coalesce(%(settings)s::jsonb, settings), version = version + 1
 WHERE tenant_id = %(tenant)s AND feed_id = %(id)s
   AND NOT EXISTS (SELECT FROM feeds WHERE tenant_id = %(tenant)s AND name = %(name)s AND feed_id <> %(id)s)

-- :name delete
DELETE FROM feeds WHERE tenant_id = %(tenant)s AND feed_id = %(id)s

-- :name enter_reading
INSERT INTO feed_readings (tenant_id, feed_id, log, name, latest, lines, flows, counts, unreadable, examples)
SELECT %(tenant)s, f.feed_id, %(log)s, %(name)s, %(latest)s, %(lines)s, %(flows)s, %(counts)s, %(unreadable)s, %(examples)s
  FROM feeds f WHERE f.tenant_id = %(tenant)s AND f.feed_id = %(feed)s
ON CONFLICT (feed_id, log) DO NOTHING
RETURNING log

-- :name add_coverage
INSERT INTO feed_coverage AS c (tenant_id, feed_id, exporter, hour, nodata, nodata_seconds, skipped)
SELECT %(tenant)s, %(feed)s, n.exporter::inet, to_timestamp(n.hour * 3600), n.nodata, n.seconds, n.skipped
  FROM unnest(%(exporters)s::text[], %(hours)s::bigint[], %(nodata)s::bigint[], %(seconds)s::bigint[],
              %(skipped)s::bigint[]) AS n (exporter, hour, nodata, seconds, skipped)
 ORDER BY n.exporter, n.hour
ON CONFLICT (feed_id, exporter, hour) DO UPDATE
   SET nodata = c.nodata + excluded.nodata, nodata_seconds = c.nodata_seconds + excluded.nodata_seconds,
       skipped = c.skipped + excluded.skipped

-- :name coverage
SELECT host(exporter) AS exporter, sum(nodata)::bigint AS nodata, sum(nodata_seconds)::bigint AS nodata_seconds,
       sum(skipped)::bigint AS skipped, max(hour) AS latest
  FROM feed_coverage
 WHERE tenant_id = %(tenant)s AND feed_id = %(id)s AND hour > now() - interval '1 day'
 GROUP BY exporter
 ORDER BY skipped DESC, nodata_seconds DESC, exporter
 LIMIT 1000
