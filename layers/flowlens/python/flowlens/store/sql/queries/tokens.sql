-- :name of_digest
SELECT t.tenant_id AS tenant, t.api_token_id AS id, t.name, t.permissions,
       t.last_used_at IS NULL OR t.last_used_at < now() - interval '1 minute' AS stale
  FROM api_tokens t
 WHERE t.digest = %(digest)s

-- :name touch
UPDATE api_tokens
   SET last_used_at = now()
 WHERE tenant_id = %(tenant)s AND api_token_id = %(id)s
   AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')

-- :name record
INSERT INTO api_tokens (tenant_id, name, digest, permissions)
VALUES (%(tenant)s, %(name)s, %(digest)s, %(permissions)s)
ON CONFLICT (digest) DO UPDATE SET permissions = excluded.permissions

-- :name tenant_name
SELECT name FROM tenants WHERE tenant_id = %(tenant)s
