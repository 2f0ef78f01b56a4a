-- :name keep
INSERT INTO dead_letters AS d (tenant_id, digest, source, epoch, record, reason, location)
VALUES (%(tenant)s, %(digest)s, %(source)s, %(epoch)s, %(record)s, %(reason)s, %(location)s)
    ON CONFLICT (tenant_id, digest) DO UPDATE
   SET reason = excluded.reason, at = now(), version = d.version + 1,
       state = CASE d.state WHEN 'retrying' THEN 'open' ELSE d.state END

-- :name forget
DELETE FROM dead_letters d
 USING unnest(%(sources)s::uuid[], %(epochs)s::bigint[], %(records)s::bigint[]) AS n (source, epoch, record)
 WHERE d.tenant_id = %(tenant)s AND d.source = n.source AND d.epoch = n.epoch AND d.record = n.record

-- :name keep_log
INSERT INTO dead_letters AS d (tenant_id, digest, kind, name, reason, detail, location, message)
SELECT %(tenant)s, %(digest)s, %(kind)s, %(name)s, %(reason)s, %(detail)s, %(location)s, %(message)s
 WHERE (SELECT count(*) FROM (SELECT FROM dead_letters WHERE tenant_id = %(tenant)s LIMIT 100000) held) < 100000
ON CONFLICT (tenant_id, digest) DO UPDATE
   SET reason = excluded.reason, detail = excluded.detail, at = now(), version = d.version + 1,
       state = CASE d.state WHEN 'retrying' THEN 'open' ELSE d.state END

-- :name forget_log
DELETE FROM dead_letters WHERE tenant_id = %(tenant)s AND digest = %(digest)s

-- :name is_retried
SELECT EXISTS (SELECT FROM dead_letters WHERE tenant_id = %(tenant)s AND digest = %(digest)s AND state = 'retrying')

-- :name page
SELECT dead_letter_id AS id, kind, name, source, epoch, record, reason, detail, location, at, state, version
  FROM dead_letters
 WHERE tenant_id = %(tenant)s
   AND (%(id)s::bigint IS NULL OR dead_letter_id = %(id)s)
   AND (%(state)s::text IS NULL OR state = %(state)s)
   AND (%(before)s::bigint IS NULL OR dead_letter_id < %(before)s)
 ORDER BY dead_letter_id DESC
 LIMIT %(limit)s

-- :name held
SELECT version, kind, message FROM dead_letters
 WHERE tenant_id = %(tenant)s AND dead_letter_id = %(id)s FOR NO KEY UPDATE

-- :name decide
UPDATE dead_letters SET state = %(state)s, version = version + 1
 WHERE tenant_id = %(tenant)s AND dead_letter_id = %(id)s

-- :name belongs
SELECT EXISTS (SELECT FROM tenants WHERE tenant_id = %(tenant)s)

-- :name groups
SELECT kind, reason, state, count(*) AS letters, min(at) AS first_at, max(at) AS last_at
  FROM dead_letters
 WHERE tenant_id = %(tenant)s
 GROUP BY kind, reason, state
 ORDER BY max(at) DESC, kind, reason, state
 LIMIT 1000

-- :name decide_all
UPDATE dead_letters SET state = %(state)s, version = version + 1
 WHERE tenant_id = %(tenant)s AND kind = %(kind)s AND (%(reason)s::text IS NULL OR reason = %(reason)s)
   AND state NOT IN (%(state)s, 'ignored')

-- :name retrying
SELECT digest, location
  FROM dead_letters
 WHERE tenant_id = %(tenant)s AND state = 'retrying' AND kind = 'record'
 ORDER BY dead_letter_id
 LIMIT %(limit)s

-- :name forget_copy
DELETE FROM dead_letters WHERE tenant_id = %(tenant)s AND digest = %(digest)s

-- :name reopen
UPDATE dead_letters
   SET state = 'open', reason = coalesce(%(reason)s, reason), at = now(), version = version + 1
 WHERE tenant_id = %(tenant)s AND digest = %(digest)s AND state = 'retrying'
