-- :name seed_role
INSERT INTO roles (tenant_id, name, note, permissions, builtin)
VALUES (%(tenant)s, %(name)s, %(note)s, %(permissions)s, %(key)s)
ON CONFLICT (tenant_id, builtin) DO UPDATE
   SET name = excluded.name, note = excluded.note, permissions = excluded.permissions, version = roles.version + 1
 WHERE (roles.name, roles.note, roles.permissions) IS DISTINCT FROM (excluded.name, excluded.note, excluded.permissions)

-- :name role_of_house
SELECT role_id FROM roles WHERE tenant_id = %(tenant)s AND builtin = %(key)s

-- :name give
INSERT INTO grants (tenant_id, user_id, role_id, limits, until, reason, granted_by)
VALUES (%(tenant)s, %(user)s, %(role)s, %(limits)s, %(until)s, %(reason)s, %(granted_by)s)
RETURNING grant_id

-- :name roles
SELECT r.role_id AS id, r.name, r.note, r.permissions, r.builtin, r.version,
       (SELECT count(DISTINCT g.user_id) FROM grants g
         WHERE g.tenant_id = r.tenant_id AND g.role_id = r.role_id AND (g.until IS NULL OR g.until > now()))::integer AS members
  FROM roles r
 WHERE r.tenant_id = %(tenant)s AND (%(id)s::integer IS NULL OR r.role_id = %(id)s)
 ORDER BY r.builtin IS NULL, r.role_id

-- :name create_role
INSERT INTO roles (tenant_id, name, note, permissions)
VALUES (%(tenant)s, %(name)s, %(note)s, %(permissions)s)
ON CONFLICT DO NOTHING
RETURNING role_id

-- :name update_role
UPDATE roles SET name = %(name)s, note = %(note)s, permissions = %(permissions)s, version = version + 1
 WHERE tenant_id = %(tenant)s AND role_id = %(id)s AND builtin IS NULL
   AND NOT EXISTS (SELECT FROM roles o WHERE o.tenant_id = %(tenant)s AND o.name = %(name)s AND o.role_id <> %(id)s)
RETURNING role_id

-- :name delete_role
DELETE FROM roles
 WHERE tenant_id = %(tenant)s AND role_id = %(id)s AND builtin IS NULL
   AND NOT EXISTS (SELECT FROM grants g WHERE g.tenant_id = %(tenant)s AND g.role_id = %(id)s)
RETURNING role_id

-- :name hold
-- Whoever changes who may what waits for whoever does already, so that two never remove the last two at once.
SELECT role_id FROM roles
 WHERE tenant_id = %(tenant)s AND builtin IN ('administrator', 'platform-administrator')
   FOR UPDATE

-- :name one
SELECT g.grant_id AS id, g.user_id AS user, r.role_id AS role, r.name AS role_name, r.builtin, r.permissions, g.limits,
       g.until, g.reason, g.granted_by, g.granted_at
  FROM grants g
  JOIN roles r ON r.tenant_id = g.tenant_id AND r.role_id = g.role_id
 WHERE g.tenant_id = %(tenant)s AND (%(id)s::bigint IS NULL OR g.grant_id = %(id)s)
   AND (%(user)s::uuid IS NULL OR g.user_id = %(user)s)
 ORDER BY g.grant_id

-- :name revoke
DELETE FROM grants WHERE tenant_id = %(tenant)s AND grant_id = %(id)s

-- :name holders
-- How many may do these for good and everywhere: of them, one must always be left.
SELECT count(DISTINCT g.user_id)
  FROM grants g
  JOIN roles r ON r.tenant_id = g.tenant_id AND r.role_id = g.role_id
  JOIN members m ON m.tenant_id = g.tenant_id AND m.user_id = g.user_id
  JOIN users u ON u.user_id = g.user_id
 WHERE g.tenant_id = %(tenant)s AND r.permissions @> %(permissions)s::text[]
   AND g.limits = '{}' AND g.until IS NULL AND m.disabled_at IS NULL AND u.disabled_at IS NULL
   AND m.accepted_at IS NOT NULL
