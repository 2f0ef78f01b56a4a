-- :name state
SELECT EXISTS (SELECT FROM factors f WHERE f.user_id = %(user)s AND f.confirmed_at IS NOT NULL) AS kept,
       coalesce((SELECT t.factor_required FROM tenants t WHERE t.tenant_id = %(tenant)s), false) AS required

-- :name held
SELECT salt, confirmed_at, last_step FROM factors WHERE user_id = %(user)s FOR UPDATE

-- :name begin
INSERT INTO factors (user_id, salt) VALUES (%(user)s, %(salt)s)
ON CONFLICT (user_id) DO UPDATE SET salt = excluded.salt, made_at = now(), last_step = 0
 WHERE factors.confirmed_at IS NULL

-- :name take
UPDATE factors SET last_step = %(step)s, confirmed_at = coalesce(confirmed_at, now()) WHERE user_id = %(user)s

-- :name forget
DELETE FROM factors WHERE user_id = %(user)s

-- :name forget_codes
DELETE FROM recovery_codes WHERE user_id = %(user)s

-- :name keep_codes
INSERT INTO recovery_codes (user_id, digest) SELECT %(user)s, unnest(%(digests)s::bytea[])

-- :name use_code
UPDATE recovery_codes SET used_at = now() WHERE user_id = %(user)s AND digest = %(digest)s AND used_at IS NULL

-- :name codes_left
SELECT count(*) FROM recovery_codes WHERE user_id = %(user)s AND used_at IS NULL

-- :name required
SELECT factor_required FROM tenants WHERE tenant_id = %(tenant)s

-- :name require
UPDATE tenants SET factor_required = %(required)s WHERE tenant_id = %(tenant)s
