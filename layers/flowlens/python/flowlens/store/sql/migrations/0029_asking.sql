-- Who asks, and what they may at this moment, in one question to the database: every request begins with it.
-- Each statement is planned once in a connection, whatever it is asked for: planning anew took longer than answering.

CREATE FUNCTION grants_held(tenant uuid, person uuid, waiting boolean)
RETURNS TABLE (permissions text[], limits jsonb)
LANGUAGE sql STABLE AS $$
    SELECT r.permissions, g.limits
      FROM grants g
      JOIN roles r ON r.tenant_id = g.tenant_id AND r.role_id = g.role_id
      JOIN members m ON m.tenant_id = g.tenant_id AND m.user_id = g.user_id
      JOIN users u ON u.user_id = g.user_id
     WHERE g.tenant_id = tenant AND g.user_id = person
       AND (g.until IS NULL OR g.until > now()) AND m.disabled_at IS NULL AND u.disabled_at IS NULL
       AND (m.accepted_at IS NOT NULL OR waiting)
$$;

-- Row security shows the session to whoever knows its secret, and then its person and what is theirs in its tenant.
CREATE FUNCTION asking_session(asked bytea, idle interval)
RETURNS TABLE (
    id uuid, person uuid, tenant uuid, provider uuid, proven_at timestamptz, factor_at timestamptz, email text,
    disabled boolean, kept boolean, required boolean, grants jsonb)
LANGUAGE plpgsql SET plan_cache_mode TO force_generic_plan AS $$
DECLARE
    found_ sessions;
BEGIN
    PERFORM set_config('app.secret_digest', encode(asked, 'hex'), true);
    SELECT s.* INTO found_
      FROM sessions s
     WHERE s.digest = asked AND s.ends_at > now() AND s.last_used_at > now() - idle;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF found_.last_used_at < now() - interval '1 minute' THEN
        UPDATE sessions SET last_used_at = now() WHERE session_id = found_.session_id;
    END IF;
    PERFORM set_config('app.user', found_.user_id::text, true), set_config('app.tenant', found_.tenant_id::text, true);
    RETURN QUERY
    SELECT found_.session_id, u.user_id, found_.tenant_id, found_.provider_id,
           CASE WHEN found_.proven_in IS NULL OR found_.proven_in = found_.tenant_id THEN found_.proven_at END,
           found_.factor_at, u.email, u.disabled_at IS NOT NULL,
           EXISTS (SELECT FROM factors f WHERE f.user_id = u.user_id AND f.confirmed_at IS NOT NULL),
           coalesce((SELECT t.factor_required FROM tenants t WHERE t.tenant_id = found_.tenant_id), false),
           (SELECT jsonb_agg(jsonb_build_array(h.permissions, h.limits))
              FROM grants_held(found_.tenant_id, u.user_id, false) h)
      FROM users u
     WHERE u.user_id = found_.user_id;
END $$;

CREATE FUNCTION asking_token(asked bytea)
RETURNS TABLE (
    tenant uuid, id integer, name text, permissions text[], person uuid, networks text[], ended boolean, stale boolean,
    grants jsonb)
LANGUAGE plpgsql SET plan_cache_mode TO force_generic_plan AS $$
DECLARE
    found_ api_tokens;
BEGIN
    PERFORM set_config('app.token_digest', encode(asked, 'hex'), true);
    SELECT t.* INTO found_ FROM api_tokens t WHERE t.digest = asked;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM set_config('app.tenant', found_.tenant_id::text, true);
    RETURN QUERY
    SELECT found_.tenant_id, found_.api_token_id, found_.name, found_.permissions, found_.user_id,
           found_.networks::text[], found_.expires_at IS NOT NULL AND found_.expires_at <= now(),
           found_.last_used_at IS NULL OR found_.last_used_at < now() - interval '1 minute',
           (SELECT jsonb_agg(jsonb_build_array(h.permissions, h.limits))
              FROM grants_held(found_.tenant_id, found_.user_id, false) h);
END $$;
