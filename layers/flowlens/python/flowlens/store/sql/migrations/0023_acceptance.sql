-- A membership counts once its person accepted it: whoever holds the account of a person may be somebody else than was invited.

-- Those that there are were in force when there was nothing to accept. What is invited from now on waits.
ALTER TABLE members
    ADD COLUMN accepted_at timestamptz DEFAULT now(), -- null: it waits
    ADD COLUMN invited_as  text NOT NULL DEFAULT ''; -- shown while it waits: what the tenant said, not what others know
ALTER TABLE members ALTER COLUMN accepted_at DROP DEFAULT;

-- What waits is not told to whoever holds the account: not even the tenant's name.
DROP POLICY person ON tenants;
CREATE POLICY person ON tenants FOR SELECT
    USING (tenant_id IN (SELECT m.tenant_id FROM members m
                          WHERE m.user_id = (SELECT nullif(current_setting('app.user', true), '')::uuid)
                            AND m.accepted_at IS NOT NULL));
