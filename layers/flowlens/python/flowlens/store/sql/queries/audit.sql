-- :name hold_head
INSERT INTO audit_heads AS h (tenant_id, number, hash)
VALUES (%(tenant)s, 0, %(genesis)s)
ON CONFLICT (tenant_id) DO UPDATE SET number = h.number
RETURNING number, hash, clock_timestamp()

-- :name record
WITH moved AS (
    UPDATE audit_heads SET number = %(number)s, hash = %(hash)s WHERE tenant_id = %(tenant)s
)
INSERT INTO audit_events (tenant_id, number, hash, at, actor, action, target, detail)
VALUES (%(tenant)s, %(number)s, %(hash)s, %(at)s, %(actor)s, %(action)s, %(target)s, %(detail)s)

-- :name page
SELECT number, at, actor, action, target, detail, hash
  FROM audit_events
 WHERE tenant_id = %(tenant)s AND number IS NOT NULL
   AND (%(before)s::bigint IS NULL OR number < %(before)s)
   AND (%(actor)s::text IS NULL OR strpos(lower(actor), lower(%(actor)s)) > 0)
   AND (%(action)s::text IS NULL OR starts_with(action, %(action)s))
   AND (%(part)s::text IS NULL OR strpos(lower(concat_ws(' ', actor, action, target, detail::text)), lower(%(part)s)) > 0)
   AND (%(start)s::timestamptz IS NULL OR at >= %(start)s)
   AND (%(end)s::timestamptz IS NULL OR at < %(end)s)
 ORDER BY number DESC
 LIMIT %(limit)s

-- :name stretch
SELECT number, at, actor, action, target, detail, hash
  FROM audit_events
 WHERE tenant_id = %(tenant)s AND number > %(after)s
 ORDER BY number
 LIMIT %(limit)s

-- :name hash_of
SELECT hash FROM audit_events WHERE tenant_id = %(tenant)s AND number = %(number)s

-- :name head
SELECT number, hash, anchored, signed_at FROM audit_heads WHERE tenant_id = %(tenant)s

-- :name anchored
UPDATE audit_heads SET anchored = greatest(anchored, %(number)s), signed_at = %(at)s
 WHERE tenant_id = %(tenant)s
