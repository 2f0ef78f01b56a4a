-- :name person
SELECT user_id AS id, email, name, disabled_at, created_at, version
  FROM users
 WHERE user_id = %(user)s OR email = %(email)s

-- :name create_person
INSERT INTO users (user_id, email, name) VALUES (%(user)s, %(email)s, %(name)s)

-- :name hold
-- Two tenants never decide about one person's password and memberships at once.
SELECT user_id FROM users WHERE user_id = %(user)s FOR UPDATE

-- :name join
INSERT INTO members (tenant_id, user_id, invited_as, accepted_at)
VALUES (%(tenant)s, %(user)s, %(name)s, CASE WHEN %(accepted)s THEN now() END)
ON CONFLICT DO NOTHING

-- :name accept
UPDATE members SET accepted_at = now()
 WHERE tenant_id = %(tenant)s AND user_id = %(user)s AND accepted_at IS NULL AND disabled_at IS NULL
RETURNING user_id

-- :name of_tenant
-- While a membership waits, the tenant learns nothing that others know of its person.
SELECT u.user_id AS id, u.email, CASE WHEN m.accepted_at IS NULL THEN m.invited_as ELSE u.name END AS name,
       CASE WHEN m.accepted_at IS NULL THEN m.disabled_at ELSE coalesce(m.disabled_at, u.disabled_at) END AS disabled_at,
       m.joined_at, m.accepted_at
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
 WHERE m.user_id = %(user)s AND m.disabled_at IS NULL AND m.accepted_at IS NOT NULL
 ORDER BY t.name, t.tenant_id

-- :name memberships
-- Those that wait come last, those that shut the person out too: whoever wants their account back begins with what counts.
SELECT tenant_id
  FROM members
 WHERE user_id = %(user)s
 ORDER BY accepted_at IS NULL, disabled_at IS NOT NULL, joined_at, tenant_id

-- :name elsewhere
-- Where they are shut out counts too: they may be let in again.
SELECT EXISTS (SELECT FROM members
                WHERE user_id = %(user)s AND tenant_id <> %(tenant)s AND accepted_at IS NOT NULL)

-- :name rights_of
SELECT permissions, limits FROM grants_held(%(tenant)s, %(user)s, %(waiting)s)

-- :name shut
UPDATE members SET disabled_at = CASE WHEN %(disabled)s THEN coalesce(disabled_at, now()) END
 WHERE tenant_id = %(tenant)s AND user_id = %(user)s
RETURNING user_id

-- :name leave
-- What let them in here goes too: it must not let them in again when they are invited once more.
WITH secrets AS (
    DELETE FROM api_tokens WHERE tenant_id = %(tenant)s AND user_id = %(user)s
), known AS (
    DELETE FROM identities WHERE tenant_id = %(tenant)s AND user_id = %(user)s
)
DELETE FROM members WHERE tenant_id = %(tenant)s AND user_id = %(user)s RETURNING user_id
