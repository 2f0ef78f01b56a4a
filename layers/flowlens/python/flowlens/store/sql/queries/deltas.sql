-- :name open
INSERT INTO merges (tenant_id) VALUES (%(tenant)s) ON CONFLICT DO NOTHING

-- :name add
INSERT INTO deltas (tenant_id, source, epoch, record, rows, body)
SELECT %(tenant)s, source, epoch, record, rows, body
  FROM unnest(%(sources)s::uuid[], %(epochs)s::bigint[], %(records)s::bigint[], %(rows)s::integer[], %(bodies)b::bytea[])
       AS d (source, epoch, record, rows, body)

-- :name turn
-- Who holds this row merges; nobody waits for it.
SELECT clock_timestamp() >= merged_at + least(took * %(rests)s::integer, %(longest)s::interval) AS rested
  FROM merges
 WHERE tenant_id = %(tenant)s
   FOR UPDATE SKIP LOCKED

-- :name await_turn
SELECT FROM merges WHERE tenant_id = %(tenant)s FOR UPDATE

-- :name waiting
SELECT coalesce(sum(rows), 0)::bigint FROM deltas WHERE tenant_id = %(tenant)s AND refused IS NULL

-- :name oldest
SELECT source, epoch, record, body
  FROM (SELECT *, sum(rows) OVER (ORDER BY counted_at, epoch, record, source) - rows AS before
          FROM deltas
         WHERE tenant_id = %(tenant)s AND refused IS NULL) d
 WHERE before < %(most)s

-- :name remove
DELETE FROM deltas
 WHERE tenant_id = %(tenant)s
   AND (source, epoch, record) IN
       (SELECT * FROM unnest(%(sources)s::uuid[], %(epochs)s::bigint[], %(records)s::bigint[]))
RETURNING source, epoch, record

-- :name refuse
UPDATE deltas
   SET refused = %(reason)s
 WHERE tenant_id = %(tenant)s AND source = %(source)s AND epoch = %(epoch)s AND record = %(record)s

-- :name say_changed
WITH changed AS (
    UPDATE merges SET changes = changes + 1 WHERE tenant_id = %(tenant)s RETURNING changes
)
INSERT INTO dependency_changes (tenant_id, change, dependencies, hours)
SELECT %(tenant)s, changes, %(dependencies)s, %(hours)s FROM changed

-- :name forget_changes
DELETE FROM dependency_changes WHERE tenant_id = %(tenant)s AND at < now() - %(kept)s::interval

-- :name end_turn
UPDATE merges
   SET merged = merged + %(merged)s, merged_at = clock_timestamp(), took = clock_timestamp() - now()
 WHERE tenant_id = %(tenant)s
