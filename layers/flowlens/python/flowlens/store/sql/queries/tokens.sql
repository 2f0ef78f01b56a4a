-- :name asking
SELECT tenant, id, name, permissions, person AS user, networks, ended, stale, coalesce(grants, '[]') AS grants
  FROM asking_token(%(digest)s)

-- :name touch
UPDATE api_tokens
   SET last_used_at = now()
 WHERE tenant_id = %(tenant)s AND api_token_id = %(id)s
   AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')

-- :name record
INSERT INTO api_tokens (tenant_id, name, digest, permissions)
VALUES (%(tenant)s, %(name)s, %(digest)s, %(permissions)s)
ON CONFLICT (digest) DO UPDATE SET permissions = excluded.permissions

-- :name create
INSERT INTO api_tokens (tenant_id, user_id, name, digest, permissions, networks, expires_at, hint)
SELECT %(tenant)s, %(user)s, %(name)s, %(digest)s, %(permissions)s, %(networks)s::cidr[], %(expires_at)s, %(hint)s
 WHERE (SELECT count(*) FROM api_tokens WHERE tenant_id = %(tenant)s AND user_id = %(user)s) < %(most)s
RETURNING api_token_id

-- :name of_user
SELECT api_token_id AS id, name, permissions, networks::text[] AS networks, created_at, expires_at, last_used_at, hint
  FROM api_tokens
 WHERE tenant_id = %(tenant)s AND user_id = %(user)s AND (%(id)s::integer IS NULL OR api_token_id = %(id)s)
 ORDER BY api_token_id

-- :name revoke
DELETE FROM api_tokens WHERE tenant_id = %(tenant)s AND user_id = %(user)s AND api_token_id = %(id)s
RETURNING name

-- :name tenant_name
SELECT name FROM tenants WHERE tenant_id = %(tenant)s
