-- :name begin
INSERT INTO sessions (digest, user_id, tenant_id, method, ends_at, address, agent, provider_id)
VALUES (%(digest)s, %(user)s, %(tenant)s, %(method)s, now() + %(longest)s, %(address)s, %(agent)s, %(provider)s)

-- :name asking
SELECT id, person AS user, tenant, provider, proven_at, factor_at, email, disabled, kept, required,
       coalesce(grants, '[]') AS grants
  FROM asking_session(%(digest)s, %(idle)s)

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
