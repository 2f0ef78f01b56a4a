-- A second factor of people, whether a tenant wants one of its members, and links that give an account back.

-- What an authenticator counts with is derived from this salt and a key that is not in the database.
CREATE TABLE factors (
    user_id      uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    salt         bytea NOT NULL,
    made_at      timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz, -- when a code was first shown: until then it counts for nothing
    last_step    bigint NOT NULL DEFAULT 0 -- of the last code that was taken; none is taken twice
);

CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    digest  bytea NOT NULL, -- sha256
    used_at timestamptz,
    PRIMARY KEY (user_id, digest)
);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['factors', 'recovery_codes']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY person ON %I USING '
            '(user_id = (SELECT nullif(current_setting(''app.user'', true), '''')::uuid))', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON factors, recovery_codes TO flowlens_app;

ALTER TABLE sessions ADD COLUMN factor_at timestamptz; -- when the second factor was last shown
ALTER TABLE tenants ADD COLUMN factor_required boolean NOT NULL DEFAULT false;
GRANT UPDATE (factor_required) ON tenants TO flowlens_app;
-- Whoever runs the installation makes it: it sets the password whichever tenants know the person, and takes the factor away.
ALTER TABLE links ADD COLUMN regains boolean NOT NULL DEFAULT false;
