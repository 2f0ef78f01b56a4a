-- :name create
INSERT INTO tenants (tenant_id, name) VALUES (%(tenant)s, %(name)s) ON CONFLICT DO NOTHING

-- :name create_default_space
INSERT INTO address_spaces (tenant_id, name, is_default) VALUES (%(tenant)s, 'Default', true) ON CONFLICT DO NOTHING

-- :name every
SELECT tenant_id FROM tenants ORDER BY tenant_id
