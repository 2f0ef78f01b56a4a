-- :name person
SELECT user_id AS id, email, name, disabled_at, created_at, version
  FROM users
 WHERE user_id = %(user)s OR email = %(email)s

-- :name create_person
INSERT INTO users (user_id, email, name) VALUES (%(user)s, %(email)s, %(name)s)

-- :name join
INSERT INTO members (tenant_id, user_id) VALUES (%(tenant)s, %(user)s) ON CONFLICT DO NOTHING

-- :name of_tenant
SELECT u.user_id AS id, u.email, u.name, coalesce(m.disabled_at, u.disabled_at) AS disabled_at, m.joined_at
  FROM members m
  JOIN users u USING (user_id)
 WHERE m.tenant_id = %(tenant)s
   AND (%(user)s::uuid IS NULL OR m.user_id = %(user)s)
   AND (%(after)s::text IS NULL OR u.email > %(after)s)
 ORDER BY u.email
 LIMIT %(limit)s

-- :name tenants_of
SELECT t.tenant_id AS id, t.name
  FROM members m
  JOIN tenants t USING (tenant_id)
 WHERE m.user_id = %(user)s AND m.disabled_at IS NULL
 ORDER BY t.name, t.tenant_id

-- :name rights_of
SELECT r.permissions, g.limits
  FROM grants g
  JOIN roles r ON r.tenant_id = g.tenant_id AND r.role_id = g.role_id
  JOIN members m ON m.tenant_id = g.tenant_id AND m.user_id = g.user_id
  JOIN users u ON u.user_id = g.user_id
 WHERE g.tenant_id = %(tenant)s AND g.user_id = %(user)s
   AND (g.until IS NULL OR g.until > now()) AND m.disabled_at IS NULL AND u.disabled_at IS NULL

-- :name shut
UPDATE members SET disabled_at = CASE WHEN %(disabled)s THEN coalesce(disabled_at, now()) END
 WHERE tenant_id = %(tenant)s AND user_id = %(user)s
RETURNING user_id

-- :name leave
DELETE FROM members WHERE tenant_id = %(tenant)s AND user_id = %(user)s RETURNING user_id
