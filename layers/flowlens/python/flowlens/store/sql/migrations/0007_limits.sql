-- What lies beyond the limits of a grant is no row: assets, dependencies that have no end within them, refused attempts.

-- What people say of the asset at an address, whatever limits hold: it decides whether the asset is within them.
CREATE FUNCTION described(tenant uuid, space integer, at inet, attribute text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    limits CONSTANT text := current_setting('app.limits', true);
    found  text;
BEGIN
    PERFORM set_config('app.limits', '', true);
    SELECT d.attributes ->> attribute INTO found
      FROM assets a
      JOIN asset_descriptions d ON d.asset_id = a.asset_id AND d.until IS NULL
     WHERE a.tenant_id = tenant AND a.address_space_id = space AND a.address = at;
    PERFORM set_config('app.limits', coalesce(limits, ''), true);
    RETURN found;
END $$;

-- What holds of an address now: what people say, or else the longest network whose rule says something.
CREATE FUNCTION said_of(tenant uuid, space integer, at inet, attribute text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        described(tenant, space, at, attribute),
        (SELECT r.attributes ->> attribute
           FROM classification_rules r
          WHERE r.tenant_id = tenant AND r.address_space_id = space AND r.until IS NULL
            AND r.network >>= at AND r.attributes ? attribute
          ORDER BY masklen(r.network) DESC
          LIMIT 1))
$$;

-- app.limits is {"clauses": n, "limits": [{"clause", "spaces", "networks", "sites", "tags"}]}: of each clause one limit
-- must hold, and of a limit each part that it names.
CREATE FUNCTION within_limits(tenant uuid, space integer, at inet) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT count(DISTINCT l.clause) = (current_setting('app.limits')::jsonb ->> 'clauses')::integer
      FROM jsonb_to_recordset(current_setting('app.limits')::jsonb -> 'limits')
           AS l(clause integer, spaces integer[], networks inet[], sites text[], tags jsonb)
     WHERE (l.spaces IS NULL OR space = ANY (l.spaces))
       AND (l.networks IS NULL OR at <<= ANY (l.networks))
       AND (l.sites IS NULL OR said_of(tenant, space, at, 'site') = ANY (l.sites))
       AND (l.tags IS NULL OR EXISTS (SELECT FROM jsonb_array_elements(l.tags) AS t(pair)
                                       WHERE said_of(tenant, space, at, t.pair ->> 0) = t.pair ->> 1))
$$;

CREATE POLICY limits ON assets AS RESTRICTIVE
    USING ((SELECT nullif(current_setting('app.limits', true), '')) IS NULL
           OR within_limits(tenant_id, address_space_id, address));
-- An edge is seen when one of its ends is.
CREATE POLICY limits ON dependencies AS RESTRICTIVE
    USING ((SELECT nullif(current_setting('app.limits', true), '')) IS NULL
           OR EXISTS (SELECT FROM assets a WHERE a.asset_id = client_id)
           OR EXISTS (SELECT FROM assets a WHERE a.asset_id = server_id));
CREATE POLICY limits ON attempts AS RESTRICTIVE
    USING ((SELECT nullif(current_setting('app.limits', true), '')) IS NULL
           OR within_limits(tenant_id, address_space_id, client) OR within_limits(tenant_id, address_space_id, server));
CREATE POLICY limits ON asset_descriptions AS RESTRICTIVE
    USING ((SELECT nullif(current_setting('app.limits', true), '')) IS NULL
           OR EXISTS (SELECT FROM assets a WHERE a.asset_id = asset_descriptions.asset_id));
-- Rules are read whole, for the longest one decides; nobody writes one, or changes one, for addresses beyond their limits.
CREATE POLICY limits ON classification_rules AS RESTRICTIVE FOR INSERT
    WITH CHECK ((SELECT nullif(current_setting('app.limits', true), '')) IS NULL
                OR within_limits(tenant_id, address_space_id, network::inet));
CREATE POLICY limits_of_change ON classification_rules AS RESTRICTIVE FOR UPDATE
    USING ((SELECT nullif(current_setting('app.limits', true), '')) IS NULL
           OR within_limits(tenant_id, address_space_id, network::inet));
-- An exporter is an address too.
CREATE POLICY limits ON flow_sources AS RESTRICTIVE
    USING ((SELECT nullif(current_setting('app.limits', true), '')) IS NULL
           OR within_limits(tenant_id, address_space_id, exporter));
