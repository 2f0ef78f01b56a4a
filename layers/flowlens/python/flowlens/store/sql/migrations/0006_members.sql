-- People, the tenants they are members of, roles as data, and what was granted to whom and where.

-- A person is one in all tenants. Nobody reads a person but their tenants, and who already knows their id or address.
CREATE TABLE users (
    user_id     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email       text NOT NULL UNIQUE CHECK (email = lower(email)),
    name        text NOT NULL DEFAULT '',
    disabled_at timestamptz, -- in every tenant at once
    created_at  timestamptz NOT NULL DEFAULT now(),
    version     integer NOT NULL DEFAULT 1
);

CREATE TABLE members (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    user_id     uuid NOT NULL REFERENCES users,
    disabled_at timestamptz, -- in this tenant
    joined_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX members_by_user ON members (user_id);

CREATE TABLE roles (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    role_id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL,
    note        text NOT NULL DEFAULT '',
    permissions text[] NOT NULL,
    builtin     text, -- which of the house's roles it is: each deployment says anew what that one permits
    version     integer NOT NULL DEFAULT 1,
    UNIQUE (tenant_id, name),
    UNIQUE (tenant_id, builtin)
);

-- Limits are {spaces, networks, sites, tags}: an asset is within them when it is within each one that is named.
CREATE TABLE grants (
    tenant_id  uuid NOT NULL REFERENCES tenants,
    grant_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    uuid NOT NULL,
    role_id    integer NOT NULL REFERENCES roles,
    limits     jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(limits) = 'object'),
    until      timestamptz, -- it ends by itself
    reason     text NOT NULL DEFAULT '',
    granted_by text NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (tenant_id, user_id) REFERENCES members ON DELETE CASCADE
);
CREATE INDEX grants_of ON grants (tenant_id, user_id);
CREATE INDEX grants_by_role ON grants (role_id);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['members', 'roles', 'grants']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I USING '
            '(tenant_id = (SELECT nullif(current_setting(''app.tenant'', true), '''')::uuid))', t);
    END LOOP;
END $$;

-- A person sees which tenants they are a member of, before one of them is chosen.
CREATE POLICY person ON members FOR SELECT
    USING (user_id = (SELECT nullif(current_setting('app.user', true), '')::uuid));
CREATE POLICY person ON tenants FOR SELECT
    USING (tenant_id IN (SELECT m.tenant_id FROM members m
                          WHERE m.user_id = (SELECT nullif(current_setting('app.user', true), '')::uuid)));

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY person ON users
    USING (user_id = (SELECT nullif(current_setting('app.user', true), '')::uuid)
           OR email = (SELECT nullif(current_setting('app.email', true), '')));
CREATE POLICY member ON users FOR SELECT
    USING (user_id IN (SELECT m.user_id FROM members m
                        WHERE m.tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')::uuid)));

GRANT SELECT, INSERT, UPDATE ON users TO flowlens_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON members, roles, grants TO flowlens_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO flowlens_app;
