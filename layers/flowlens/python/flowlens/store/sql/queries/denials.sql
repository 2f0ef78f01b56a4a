-- :name crowded
SELECT count(*) >= %(most)s AND NOT coalesce(bool_or(key = %(key)s), false)
  FROM denials
 WHERE tenant_id = %(tenant)s AND since > now() - %(within)s::interval

-- :name count
INSERT INTO denials AS d (tenant_id, key, actor, action, target, detail)
VALUES (%(tenant)s, %(key)s, %(actor)s, %(action)s, %(target)s, %(detail)s)
ON CONFLICT (tenant_id, key) DO UPDATE SET times = d.times + 1, last_at = now(), detail = excluded.detail
RETURNING times, since, last_at, since < now() - %(within)s::interval AS over

-- :name noted
UPDATE denials SET times = 0, since = now() WHERE tenant_id = %(tenant)s AND key = %(key)s

-- :name settle
DELETE FROM denials AS d
 USING (SELECT key
          FROM denials
         WHERE tenant_id = %(tenant)s AND since < now() - %(within)s::interval
         ORDER BY key
         LIMIT %(limit)s
           FOR UPDATE SKIP LOCKED) AS over
 WHERE d.tenant_id = %(tenant)s AND d.key = over.key
RETURNING d.actor, d.action, d.target, d.detail, d.times, d.since, d.last_at
