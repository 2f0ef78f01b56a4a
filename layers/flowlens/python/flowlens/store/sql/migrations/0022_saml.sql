-- SAML beside OpenID: providers are of a kind, and what one posts across sites waits for the browser that was sent.

ALTER TABLE identity_providers
    ADD COLUMN kind text NOT NULL DEFAULT 'oidc', -- never changes
    ADD COLUMN saml jsonb, -- sign_on, certificates, site, metadata_url, email, name; null for other kinds
    ALTER COLUMN algorithm DROP NOT NULL, -- of ID tokens; null for other kinds
    ADD CHECK ((kind = 'oidc') = (algorithm IS NOT NULL)),
    ADD CHECK ((kind = 'saml') = (saml IS NOT NULL));
ALTER TABLE identity_providers ALTER COLUMN kind DROP DEFAULT;

ALTER TABLE sign_ins
    ADD COLUMN relay bytea UNIQUE, -- sha256 of the state, where a page of the provider's posts it: it sends no cookie
    ADD COLUMN vouched jsonb; -- whom the provider vouched for, or why that was refused; once
CREATE POLICY by_relay ON sign_ins FOR SELECT USING
    (relay = (SELECT decode(nullif(current_setting('app.secret_digest', true), ''), 'hex')));
