-- :name at_the_door
SELECT provider_id AS id, name, tenant_id AS tenant
  FROM identity_providers
 ORDER BY name, provider_id
 LIMIT 50

-- :name every
SELECT p.provider_id AS id, p.kind, p.name, p.issuer, p.client_id, p.secret, p.algorithm, p.saml, p.enabled, p.shown,
       p.role_id AS role, p.version, p.changed_at,
       (SELECT count(*) FROM identities i WHERE i.tenant_id = p.tenant_id AND i.provider_id = p.provider_id) AS people
  FROM identity_providers p
 WHERE p.tenant_id = %(tenant)s AND (%(id)s::uuid IS NULL OR p.provider_id = %(id)s)
 ORDER BY p.name
 LIMIT 100

-- :name create
INSERT INTO identity_providers
    (tenant_id, provider_id, kind, name, issuer, client_id, secret, algorithm, saml, enabled, shown, role_id)
VALUES (%(tenant)s, %(id)s, %(kind)s, %(name)s, %(issuer)s, %(client_id)s, %(secret)s, %(algorithm)s, %(saml)s, %(enabled)s,
        %(shown)s, %(role)s)
ON CONFLICT (tenant_id, name) DO NOTHING
RETURNING provider_id

-- :name hold
SELECT version FROM identity_providers WHERE tenant_id = %(tenant)s AND provider_id = %(id)s FOR UPDATE

-- :name name_taken
SELECT EXISTS (SELECT FROM identity_providers
                WHERE tenant_id = %(tenant)s AND provider_id <> %(id)s AND name = %(name)s)

-- :name update
UPDATE identity_providers
   SET name = %(name)s, client_id = %(client_id)s, secret = %(secret)s, algorithm = %(algorithm)s,
       saml = %(saml)s, enabled = %(enabled)s, shown = %(shown)s, role_id = %(role)s, version = version + 1, changed_at = now()
 WHERE tenant_id = %(tenant)s AND provider_id = %(id)s

-- :name delete
DELETE FROM identity_providers WHERE tenant_id = %(tenant)s AND provider_id = %(id)s

-- :name end_sessions
DELETE FROM sessions WHERE tenant_id = %(tenant)s AND provider_id = %(id)s

-- :name known
UPDATE identities SET last_used_at = now(), known_as = %(known_as)s
 WHERE tenant_id = %(tenant)s AND provider_id = %(provider)s AND subject = %(subject)s
RETURNING user_id

-- :name link
INSERT INTO identities (tenant_id, provider_id, subject, user_id, known_as)
VALUES (%(tenant)s, %(provider)s, %(subject)s, %(user)s, %(known_as)s)
ON CONFLICT (provider_id, subject) DO NOTHING
RETURNING identity_id

-- :name of_user
SELECT i.identity_id AS id, i.provider_id AS provider, p.name, i.known_as, i.linked_at, i.last_used_at
  FROM identities i
  JOIN identity_providers p ON p.tenant_id = i.tenant_id AND p.provider_id = i.provider_id
 WHERE i.tenant_id = %(tenant)s AND i.user_id = %(user)s
 ORDER BY p.name, i.linked_at

-- :name unlink
DELETE FROM identities WHERE tenant_id = %(tenant)s AND user_id = %(user)s AND identity_id = %(id)s
RETURNING provider_id

-- :name begin
INSERT INTO sign_ins
    (digest, tenant_id, provider_id, purpose, user_id, secret, redirect, state, nonce, verifier, endpoints, relay,
     ends_at)
VALUES (%(digest)s, %(tenant)s, %(provider)s, %(purpose)s, %(user)s, %(secret)s, %(redirect)s, %(state)s, %(nonce)s,
        %(verifier)s, %(endpoints)s, %(relay)s, now() + %(life)s)

-- :name sweep
DELETE FROM sign_ins WHERE tenant_id = %(tenant)s AND ends_at < now()

-- :name finish
DELETE FROM sign_ins
 WHERE digest = %(digest)s
RETURNING tenant_id AS tenant, provider_id AS provider, purpose, user_id AS user, secret, redirect, state, nonce,
          verifier, endpoints, relay, begun_at, ends_at > now() AS lives, vouched

-- :name of_relay
SELECT tenant_id AS tenant, provider_id AS provider, purpose, user_id AS user, secret, redirect, state, nonce, verifier,
       endpoints, relay, begun_at, ends_at > now() AS lives, vouched
  FROM sign_ins
 WHERE relay = %(relay)s

-- :name vouch
UPDATE sign_ins SET vouched = %(vouched)s
 WHERE tenant_id = %(tenant)s AND relay = %(relay)s AND vouched IS NULL
RETURNING provider_id
