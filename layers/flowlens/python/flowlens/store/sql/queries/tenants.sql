-- :name create
INSERT INTO tenants (tenant_id, name) VALUES (%(tenant)s, %(name)s) ON CONFLICT DO NOTHING

-- :name create_default_space
INSERT INTO address_spaces (tenant_id, name, is_default) VALUES (%(tenant)s, 'Default', true) ON CONFLICT DO NOTHING

-- :name every
SELECT tenant_id FROM tenants ORDER BY tenant_id

-- :name listed
SELECT tenant_id AS id, name, created_at FROM tenants ORDER BY created_at, tenant_id

-- :name name_taken
SELECT EXISTS (SELECT FROM tenants WHERE lower(name) = lower(%(name)s))
