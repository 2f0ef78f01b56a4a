-- :name choose_tenant
SELECT set_config('app.tenant', %(tenant)s, true)

-- :name choose_every_tenant
SELECT set_config('app.every_tenant', 'yes', true)

-- :name choose_person
SELECT set_config('app.user', %(user)s, true), set_config('app.email', %(email)s, true)

-- :name choose_limits
SELECT set_config('app.limits', %(limits)s, true)

-- :name choose_secret
SELECT set_config('app.secret_digest', %(digest)s, true)

-- :name choose_door
SELECT set_config('app.door', %(door)s, true)

-- :name choose_gate
SELECT set_config('app.gate', %(gate)s, true)
