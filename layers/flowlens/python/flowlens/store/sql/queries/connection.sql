-- :name choose_tenant
SELECT set_config('app.tenant', %(tenant)s, true)

-- :name choose_token
SELECT set_config('app.token_digest', %(digest)s, true)

-- :name choose_every_tenant
SELECT set_config('app.every_tenant', 'yes', true)
