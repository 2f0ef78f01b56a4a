-- :name make
INSERT INTO links (digest, tenant_id, user_id, made_by, expires_at, regains)
VALUES (%(digest)s, %(tenant)s, %(user)s, %(made_by)s, now() + %(life)s, %(regains)s)
RETURNING expires_at

-- :name of_digest
SELECT link_id AS id, tenant_id AS tenant, user_id AS user, made_by, expires_at, regains
  FROM links
 WHERE digest = %(digest)s AND used_at IS NULL AND expires_at > now()
   FOR UPDATE

-- :name use
UPDATE links SET used_at = now() WHERE link_id = %(id)s

-- :name revoke
UPDATE links SET used_at = now() WHERE tenant_id = %(tenant)s AND user_id IS NOT DISTINCT FROM %(user)s AND used_at IS NULL
