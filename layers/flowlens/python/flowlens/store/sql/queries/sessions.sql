-- :name begin
INSERT INTO sessions (digest, user_id, tenant_id, method, ends_at, address, agent, provider_id)
VALUES (%(digest)s, %(user)s, %(tenant)s, %(method)s, now() + %(longest)s, %(address)s, %(agent)s, %(provider)s)

-- :name of_digest
SELECT session_id AS id, user_id AS user, tenant_id AS tenant, factor_at, provider_id AS provider,
       CASE WHEN proven_in IS NULL OR proven_in = tenant_id THEN proven_at END AS proven_at,
       ends_at > now() AND last_used_at > now() - %(idle)s::interval AS lives,
       last_used_at < now() - interval '1 minute' AS stale
  FROM sessions
 WHERE digest = %(digest)s

-- :name touch
UPDATE sessions SET last_used_at = now() WHERE session_id = %(id)s

-- :name of_user
SELECT session_id AS id, method, started_at, last_used_at, ends_at, address, agent
  FROM sessions
 WHERE user_id = %(user)s AND ends_at > now() AND last_used_at > now() - %(idle)s::interval
   AND (%(within)s::uuid IS NULL OR (provider_id IS NOT NULL AND tenant_id IS NOT DISTINCT FROM %(within)s))
 ORDER BY last_used_at DESC
 LIMIT 100

-- :name turn
UPDATE sessions
   SET digest = %(digest)s, last_used_at = now(),
       proven_at = CASE WHEN %(proven)s THEN now() ELSE proven_at END,
       proven_in = CASE WHEN %(proven)s THEN %(within)s::uuid ELSE proven_in END,
       factor_at = CASE WHEN %(factor)s::boolean THEN now() WHEN NOT %(factor)s THEN NULL ELSE factor_at END
 WHERE session_id = %(id)s

-- :name enter
UPDATE sessions SET tenant_id = %(tenant)s WHERE session_id = %(id)s

-- :name finish
DELETE FROM sessions
 WHERE user_id = %(user)s AND (%(id)s::uuid IS NULL OR session_id = %(id)s)
   AND (%(but)s::uuid IS NULL OR session_id <> %(but)s)
   AND (%(within)s::uuid IS NULL OR (provider_id IS NOT NULL AND tenant_id IS NOT DISTINCT FROM %(within)s))

-- :name sweep
DELETE FROM sessions
 WHERE user_id = %(user)s AND (ends_at < now() OR last_used_at < now() - %(idle)s::interval)
