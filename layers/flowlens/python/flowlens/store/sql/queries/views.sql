-- :name page
SELECT view_id AS id, kind, name, note, owner, owner_name, audience, state, version, created_at, changed_at
  FROM views
 WHERE tenant_id = %(tenant)s
   AND (owner = %(owner)s OR audience && %(audiences)s::text[])
   AND (%(id)s::integer IS NULL OR view_id = %(id)s)
   AND (%(kind)s::text IS NULL OR kind = %(kind)s)
   AND (%(after)s::integer IS NULL OR view_id > %(after)s)
 ORDER BY view_id
 LIMIT %(limit)s

-- :name create
INSERT INTO views (tenant_id, kind, name, note, owner, owner_name, audience, state)
SELECT %(tenant)s, %(kind)s, %(name)s, %(note)s, %(owner)s, %(owner_name)s, %(audience)s, %(state)s
 WHERE (SELECT count(*) FROM views WHERE tenant_id = %(tenant)s) < %(most)s
ON CONFLICT DO NOTHING
RETURNING view_id

-- :name held
SELECT version, owner, audience FROM views
 WHERE tenant_id = %(tenant)s AND view_id = %(id)s
   AND (owner = %(owner)s OR audience && %(audiences)s::text[])
   FOR UPDATE

-- :name name_taken
SELECT EXISTS (
    SELECT FROM views v JOIN views o ON o.tenant_id = v.tenant_id AND o.owner = v.owner AND o.kind = v.kind
     WHERE v.tenant_id = %(tenant)s AND v.view_id = %(id)s AND o.view_id <> v.view_id AND o.name = %(name)s)

-- :name update
UPDATE views
   SET name = coalesce(%(name)s, name), note = coalesce(%(note)s, note), audience = coalesce(%(audience)s, audience),
       state = coalesce(%(state)s::jsonb, state), version = version + 1, changed_at = now()
 WHERE tenant_id = %(tenant)s AND view_id = %(id)s

-- :name delete
DELETE FROM views WHERE tenant_id = %(tenant)s AND view_id = %(id)s

-- :name roles
SELECT role_id AS id, name FROM roles WHERE tenant_id = %(tenant)s ORDER BY name, role_id

-- :name roles_of
SELECT DISTINCT g.role_id
  FROM grants g
  JOIN members m ON m.tenant_id = g.tenant_id AND m.user_id = g.user_id
 WHERE g.tenant_id = %(tenant)s AND g.user_id = %(user)s
   AND (g.until IS NULL OR g.until > now()) AND m.disabled_at IS NULL AND m.accepted_at IS NOT NULL
