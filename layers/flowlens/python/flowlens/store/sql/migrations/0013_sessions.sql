-- How people show who they are: passwords, sessions, links that work once; tokens with an owner, an end and a place.

CREATE TABLE passwords (
    user_id    uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    hash       text NOT NULL, -- argon2id
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sessions (
    session_id   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    digest       bytea NOT NULL UNIQUE, -- sha256 of the cookie's value
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    tenant_id    uuid NOT NULL REFERENCES tenants, -- whose data it looks at
    method       text NOT NULL, -- how its person signed in
    started_at   timestamptz NOT NULL DEFAULT now(),
    proven_at    timestamptz NOT NULL DEFAULT now(), -- when they last showed who they are
    last_used_at timestamptz NOT NULL DEFAULT now(),
    ends_at      timestamptz NOT NULL,
    address      text NOT NULL,
    agent        text NOT NULL
);
CREATE INDEX sessions_of ON sessions (user_id);

-- A link lets whoever it was given to choose a password, once. One for nobody in particular makes an administrator.
CREATE TABLE links (
    link_id    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    digest     bytea NOT NULL UNIQUE,
    tenant_id  uuid NOT NULL REFERENCES tenants,
    user_id    uuid REFERENCES users ON DELETE CASCADE,
    made_by    text NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX links_of ON links (user_id);

ALTER TABLE api_tokens
    ADD COLUMN user_id    uuid REFERENCES users ON DELETE CASCADE, -- null: of the installation itself
    ADD COLUMN networks   cidr[] NOT NULL DEFAULT '{}', -- from where it may be used; empty: from anywhere
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN hint       text NOT NULL DEFAULT ''; -- its last four characters, to tell it from others
CREATE INDEX api_tokens_of ON api_tokens (user_id);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['passwords', 'sessions', 'links']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['sessions', 'links']
    LOOP
        EXECUTE format('CREATE POLICY tenant ON %I USING '
            '(tenant_id = (SELECT nullif(current_setting(''app.tenant'', true), '''')::uuid))', t);
        -- Whoever bears the secret sees its row before they are anybody.
        EXECUTE format('CREATE POLICY by_digest ON %I USING '
            '(digest = (SELECT decode(nullif(current_setting(''app.secret_digest'', true), ''''), ''hex'')))', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['passwords', 'sessions']
    LOOP
        EXECUTE format('CREATE POLICY person ON %I USING '
            '(user_id = (SELECT nullif(current_setting(''app.user'', true), '''')::uuid))', t);
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON passwords, sessions, links TO flowlens_app;
