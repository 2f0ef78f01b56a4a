-- Identity providers of a tenant, whom they know here, and sign-ins that are on the way to one and back.

CREATE TABLE identity_providers (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    provider_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name        text NOT NULL,
    issuer      text NOT NULL, -- never changes: with a subject it is the key of a person
    client_id   text NOT NULL,
    secret      bytea, -- sealed; null: we are a public client there
    algorithm   text NOT NULL,
    enabled     boolean NOT NULL,
    shown       boolean NOT NULL, -- to whoever opens the sign-in page
    role_id     integer REFERENCES roles, -- of whoever comes unknown; null: nobody does
    version     integer NOT NULL DEFAULT 1,
    changed_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name)
);

CREATE TABLE identities (
    tenant_id    uuid NOT NULL REFERENCES tenants,
    identity_id  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    provider_id  uuid NOT NULL REFERENCES identity_providers ON DELETE CASCADE,
    subject      text NOT NULL,
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    known_as     text NOT NULL, -- the address that the provider told: for showing, it links nobody
    linked_at    timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    UNIQUE (provider_id, subject)
);
CREATE INDEX identities_of ON identities (user_id);

-- A browser that was sent to a provider: what it must bring back, and what for. Used once.
CREATE TABLE sign_ins (
    digest      bytea PRIMARY KEY, -- sha256 of the cookie's value
    tenant_id   uuid NOT NULL REFERENCES tenants,
    provider_id uuid NOT NULL REFERENCES identity_providers ON DELETE CASCADE,
    purpose     text NOT NULL, -- enter, link, connect, prove
    user_id     uuid REFERENCES users ON DELETE CASCADE, -- who opened a link, or is signed in
    secret      bytea, -- digest of the link, or of the session, that it began with
    redirect    text NOT NULL,
    state       text NOT NULL,
    nonce       text NOT NULL,
    verifier    text NOT NULL,
    endpoints   jsonb NOT NULL,
    begun_at    timestamptz NOT NULL DEFAULT now(),
    ends_at     timestamptz NOT NULL
);
CREATE INDEX sign_ins_end ON sign_ins (ends_at);

-- A session that a provider vouched for stays in the provider's tenant, and ends with the provider.
ALTER TABLE sessions ADD COLUMN provider_id uuid REFERENCES identity_providers ON DELETE CASCADE;

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['identity_providers', 'identities', 'sign_ins']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I USING '
            '(tenant_id = (SELECT nullif(current_setting(''app.tenant'', true), '''')::uuid))', t);
    END LOOP;
END $$;
-- Before anybody is known: those of a sign-in page, and the one that somebody names.
CREATE POLICY door ON identity_providers FOR SELECT USING
    (enabled AND ((shown AND (SELECT current_setting('app.door', true)) = 'any')
                  OR provider_id::text = (SELECT current_setting('app.door', true))));
CREATE POLICY by_digest ON sign_ins USING
    (digest = (SELECT decode(nullif(current_setting('app.secret_digest', true), ''), 'hex')));

GRANT SELECT, INSERT, UPDATE, DELETE ON identity_providers, identities, sign_ins TO flowlens_app;
