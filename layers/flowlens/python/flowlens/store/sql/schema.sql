CREATE FUNCTION public.asking_session(asked bytea, idle interval) RETURNS TABLE(id uuid, person uuid, tenant uuid, provider uuid, proven_at timestamp with time zone, factor_at timestamp with time zone, email text, disabled boolean, kept boolean, required boolean, grants jsonb)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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

CREATE FUNCTION public.asking_token(asked bytea) RETURNS TABLE(tenant uuid, id integer, name text, permissions text[], person uuid, networks text[], ended boolean, stale boolean, grants jsonb)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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

CREATE FUNCTION public.count_classification_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO classification_changes AS c (tenant_id, rules, said)
    SELECT nullif(current_setting('app.tenant', true), '')::uuid,
           (TG_TABLE_NAME = 'classification_rules')::integer, (TG_TABLE_NAME = 'asset_descriptions')::integer
        ON CONFLICT (tenant_id) DO UPDATE SET rules = c.rules + excluded.rules, said = c.said + excluded.said;
    RETURN NULL;
END $$;

CREATE FUNCTION public.described(tenant uuid, space integer, at inet, attribute text) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
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

CREATE FUNCTION public.grants_held(tenant uuid, person uuid, waiting boolean) RETURNS TABLE(permissions text[], limits jsonb)
    LANGUAGE sql STABLE
    AS $$
    SELECT r.permissions, g.limits
      FROM grants g
      JOIN roles r ON r.tenant_id = g.tenant_id AND r.role_id = g.role_id
      JOIN members m ON m.tenant_id = g.tenant_id AND m.user_id = g.user_id
      JOIN users u ON u.user_id = g.user_id
     WHERE g.tenant_id = tenant AND g.user_id = person
       AND (g.until IS NULL OR g.until > now()) AND m.disabled_at IS NULL AND u.disabled_at IS NULL
       AND (m.accepted_at IS NOT NULL OR waiting)
$$;

CREATE FUNCTION public.observed(tenant uuid, since timestamp with time zone, until timestamp with time zone, dependency bigint) RETURNS TABLE(dependency_id bigint, source_id integer, hour timestamp with time zone, flows bigint, octets_sent bigint, octets_received bigint, packets_sent bigint, packets_received bigint, octets_seen bigint, packets_seen bigint, rate bigint, counts_sent boolean, counts_received boolean, counts_flows boolean)
    LANGUAGE sql STABLE
    AS $$
    WITH summed AS (
        SELECT m.dependency_id, m.source_id, date_trunc('hour', m.minute, 'UTC') AS hour, sum(m.flows)::bigint AS flows,
               least(sum(m.octets_sent), 4611686018427387903)::bigint AS octets_sent,
               least(sum(m.octets_received), 4611686018427387903)::bigint AS octets_received,
               least(sum(m.packets_sent), 4611686018427387903)::bigint AS packets_sent,
               least(sum(m.packets_received), 4611686018427387903)::bigint AS packets_received,
               least(sum(m.octets_seen), 4611686018427387903)::bigint AS octets_seen,
               least(sum(m.packets_seen), 4611686018427387903)::bigint AS packets_seen,
               greatest(max(m.rate), 1) AS rate,
               count(*) OVER (PARTITION BY m.dependency_id, date_trunc('hour', m.minute, 'UTC')) AS sources
          FROM conversation_minutes m
         WHERE m.tenant_id = tenant AND m.minute >= since AND m.minute < until
           AND (dependency IS NULL OR m.dependency_id = dependency)
         GROUP BY m.dependency_id, m.source_id, date_trunc('hour', m.minute, 'UTC')
    )
    SELECT s.dependency_id, s.source_id, s.hour, s.flows, s.octets_sent, s.octets_received, s.packets_sent,
           s.packets_received, s.octets_seen, s.packets_seen, s.rate, true, true, true
      FROM summed s
     WHERE s.sources = 1
     UNION ALL
    SELECT s.dependency_id, s.source_id, s.hour, s.flows, s.octets_sent, s.octets_received, s.packets_sent,
           s.packets_received, s.octets_seen, s.packets_seen, s.rate,
           1 = row_number() OVER (PARTITION BY s.dependency_id, s.hour ORDER BY s.octets_sent = 0 AND s.packets_sent = 0,
               s.rate, s.packets_sent DESC, s.octets_sent DESC, s.source_id),
           1 = row_number() OVER (PARTITION BY s.dependency_id, s.hour ORDER BY s.octets_received = 0 AND s.packets_received = 0,
               s.rate, s.packets_received DESC, s.octets_received DESC, s.source_id),
           1 = row_number() OVER (PARTITION BY s.dependency_id, s.hour ORDER BY s.rate, s.packets_seen DESC, s.flows DESC,
               s.source_id)
      FROM summed s
     WHERE s.sources > 1
$$;

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'events of the audit trail stay as they are' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION public.said_of(tenant uuid, space integer, at inet, attribute text) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(
        described(tenant, space, at, attribute),
        (SELECT r.attributes ->> attribute
           FROM classification_rules r
          WHERE r.tenant_id = tenant AND r.address_space_id = space AND r.until IS NULL
            AND r.network >>= at AND r.attributes ? attribute
          ORDER BY masklen(r.network) DESC
          LIMIT 1))
$$;

CREATE FUNCTION public.totals_of(tenant uuid, hours timestamp with time zone[]) RETURNS TABLE(hour timestamp with time zone, totals bytea)
    LANGUAGE sql STABLE
    AS $$
    SELECT s.hour,
           string_agg(int8send(s.dependency_id) || int8send(s.octets) || int8send(s.packets) || int8send(s.flows), ''
                      ORDER BY s.dependency_id)
      FROM (SELECT h.hour, h.dependency_id,
                   least(coalesce(sum(h.octets_sent) FILTER (WHERE h.counts_sent), 0)
                         + coalesce(sum(h.octets_received) FILTER (WHERE h.counts_received), 0),
                         9223372036854775807)::bigint AS octets,
                   least(coalesce(sum(h.packets_sent) FILTER (WHERE h.counts_sent), 0)
                         + coalesce(sum(h.packets_received) FILTER (WHERE h.counts_received), 0),
                         9223372036854775807)::bigint AS packets,
                   least(coalesce(sum(h.flows) FILTER (WHERE h.counts_flows), 0), 9223372036854775807)::bigint AS flows
              FROM conversation_hours h
             WHERE h.tenant_id = tenant AND h.hour = ANY (hours)
             GROUP BY h.hour, h.dependency_id) s
     GROUP BY s.hour
$$;

CREATE FUNCTION public.within_limits(tenant uuid, space integer, at inet) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT count(DISTINCT l.clause) = (current_setting('app.limits')::jsonb ->> 'clauses')::integer
      FROM jsonb_to_recordset(current_setting('app.limits')::jsonb -> 'limits')
           AS l(clause integer, spaces integer[], networks inet[], sites text[], tags jsonb)
     WHERE (l.spaces IS NULL OR space = ANY (l.spaces))
       AND (l.networks IS NULL OR at <<= ANY (l.networks))
       AND (l.sites IS NULL OR said_of(tenant, space, at, 'site') = ANY (l.sites))
       AND (l.tags IS NULL OR EXISTS (SELECT FROM jsonb_array_elements(l.tags) AS t(pair)
                                       WHERE said_of(tenant, space, at, t.pair ->> 0) = t.pair ->> 1))
$$;

CREATE TABLE public.address_spaces (
    tenant_id uuid NOT NULL,
    address_space_id integer NOT NULL,
    name text NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.address_spaces FORCE ROW LEVEL SECURITY;

ALTER TABLE public.address_spaces ALTER COLUMN address_space_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.address_spaces_address_space_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.api_tokens (
    tenant_id uuid NOT NULL,
    api_token_id integer NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    permissions text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone,
    user_id uuid,
    networks cidr[] DEFAULT '{}'::cidr[] NOT NULL,
    expires_at timestamp with time zone,
    hint text DEFAULT ''::text NOT NULL
);

ALTER TABLE ONLY public.api_tokens FORCE ROW LEVEL SECURITY;

ALTER TABLE public.api_tokens ALTER COLUMN api_token_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.api_tokens_api_token_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.asset_descriptions (
    tenant_id uuid NOT NULL,
    asset_id bigint NOT NULL,
    version integer NOT NULL,
    attributes jsonb NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    actor text NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    until timestamp with time zone,
    import_id integer,
    CONSTRAINT asset_descriptions_attributes_check CHECK ((jsonb_typeof(attributes) = 'object'::text))
);

ALTER TABLE ONLY public.asset_descriptions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.assets (
    tenant_id uuid NOT NULL,
    asset_id bigint NOT NULL,
    address_space_id integer NOT NULL,
    address inet NOT NULL,
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.assets FORCE ROW LEVEL SECURITY;

ALTER TABLE public.assets ALTER COLUMN asset_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.assets_asset_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.attempts (
    tenant_id uuid NOT NULL,
    attempt_id bigint NOT NULL,
    address_space_id integer NOT NULL,
    client inet NOT NULL,
    server inet NOT NULL,
    protocol smallint NOT NULL,
    port integer NOT NULL,
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    flows bigint NOT NULL,
    packets bigint NOT NULL,
    octets bigint NOT NULL
);

ALTER TABLE ONLY public.attempts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.attempts ALTER COLUMN attempt_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.attempts_attempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.audit_events (
    tenant_id uuid NOT NULL,
    audit_event_id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    number bigint,
    hash bytea
);

ALTER TABLE ONLY public.audit_events FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_events ALTER COLUMN audit_event_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_events_audit_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.audit_heads (
    tenant_id uuid NOT NULL,
    number bigint NOT NULL,
    hash bytea NOT NULL,
    anchored bigint DEFAULT 0 NOT NULL,
    signed_at timestamp with time zone
);

ALTER TABLE ONLY public.audit_heads FORCE ROW LEVEL SECURITY;

CREATE TABLE public.classification_changes (
    tenant_id uuid NOT NULL,
    rules bigint DEFAULT 0 NOT NULL,
    said bigint DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY public.classification_changes FORCE ROW LEVEL SECURITY;

CREATE TABLE public.classification_rules (
    tenant_id uuid NOT NULL,
    rule_id integer NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    address_space_id integer NOT NULL,
    network cidr NOT NULL,
    attributes jsonb NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    actor text NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    until timestamp with time zone,
    import_id integer,
    CONSTRAINT classification_rules_attributes_check CHECK ((jsonb_typeof(attributes) = 'object'::text))
);

ALTER TABLE ONLY public.classification_rules FORCE ROW LEVEL SECURITY;

ALTER TABLE public.classification_rules ALTER COLUMN rule_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.classification_rules_rule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.collector_counters (
    tenant_id uuid NOT NULL,
    collector uuid NOT NULL,
    started timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL,
    counters jsonb NOT NULL
);

ALTER TABLE ONLY public.collector_counters FORCE ROW LEVEL SECURITY;

CREATE TABLE public.conversation_hours (
    tenant_id uuid NOT NULL,
    dependency_id bigint NOT NULL,
    source_id integer NOT NULL,
    hour timestamp with time zone NOT NULL,
    flows bigint NOT NULL,
    octets_sent bigint NOT NULL,
    octets_received bigint NOT NULL,
    packets_sent bigint NOT NULL,
    packets_received bigint NOT NULL,
    octets_seen bigint NOT NULL,
    packets_seen bigint NOT NULL,
    rate bigint DEFAULT 1 NOT NULL,
    counts_sent boolean DEFAULT true NOT NULL,
    counts_received boolean DEFAULT true NOT NULL,
    counts_flows boolean DEFAULT true NOT NULL
)
PARTITION BY RANGE (hour);

ALTER TABLE ONLY public.conversation_hours FORCE ROW LEVEL SECURITY;

CREATE TABLE public.conversation_minutes (
    tenant_id uuid NOT NULL,
    dependency_id bigint NOT NULL,
    source_id integer NOT NULL,
    minute timestamp with time zone NOT NULL,
    flows bigint NOT NULL,
    octets_sent bigint NOT NULL,
    octets_received bigint NOT NULL,
    packets_sent bigint NOT NULL,
    packets_received bigint NOT NULL,
    octets_seen bigint NOT NULL,
    packets_seen bigint NOT NULL,
    rate bigint DEFAULT 1 NOT NULL
)
PARTITION BY RANGE (minute);

ALTER TABLE ONLY public.conversation_minutes FORCE ROW LEVEL SECURITY;

CREATE TABLE public.counted_digests (
    tenant_id uuid NOT NULL,
    source uuid NOT NULL,
    epoch bigint NOT NULL,
    record bigint NOT NULL,
    digest uuid NOT NULL,
    counted_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.counted_digests FORCE ROW LEVEL SECURITY;

CREATE TABLE public.dead_letters (
    tenant_id uuid NOT NULL,
    dead_letter_id bigint NOT NULL,
    digest bytea NOT NULL,
    source uuid,
    epoch bigint,
    record bigint,
    reason text NOT NULL,
    location text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    kind text DEFAULT 'record'::text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    message text DEFAULT ''::text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT dead_letters_kind_check CHECK ((kind = ANY (ARRAY['record'::text, 'object'::text, 'logs'::text]))),
    CONSTRAINT dead_letters_state_check CHECK ((state = ANY (ARRAY['open'::text, 'retrying'::text, 'ignored'::text])))
);

ALTER TABLE ONLY public.dead_letters FORCE ROW LEVEL SECURITY;

ALTER TABLE public.dead_letters ALTER COLUMN dead_letter_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.dead_letters_dead_letter_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.deltas (
    tenant_id uuid NOT NULL,
    source uuid NOT NULL,
    epoch bigint NOT NULL,
    record bigint NOT NULL,
    counted_at timestamp with time zone DEFAULT now() NOT NULL,
    rows integer NOT NULL,
    refused text,
    body bytea NOT NULL
);
ALTER TABLE ONLY public.deltas ALTER COLUMN body SET STORAGE EXTERNAL;

ALTER TABLE ONLY public.deltas FORCE ROW LEVEL SECURITY;

CREATE TABLE public.denials (
    tenant_id uuid NOT NULL,
    key bytea NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    detail jsonb NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    last_at timestamp with time zone DEFAULT now() NOT NULL,
    times bigint DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY public.denials FORCE ROW LEVEL SECURITY;

CREATE TABLE public.dependencies (
    tenant_id uuid NOT NULL,
    dependency_id bigint NOT NULL,
    address_space_id integer NOT NULL,
    client_id bigint NOT NULL,
    server_id bigint NOT NULL,
    protocol smallint NOT NULL,
    port integer NOT NULL,
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    during tstzmultirange NOT NULL,
    flows bigint NOT NULL,
    octets_sent bigint NOT NULL,
    octets_received bigint NOT NULL,
    packets_sent bigint NOT NULL,
    packets_received bigint NOT NULL,
    octets_seen bigint NOT NULL,
    packets_seen bigint NOT NULL,
    by_initiator bigint NOT NULL,
    by_flags bigint NOT NULL,
    by_service bigint NOT NULL,
    by_port_order bigint NOT NULL,
    first_evidence jsonb NOT NULL
)
WITH (fillfactor='45');

ALTER TABLE ONLY public.dependencies FORCE ROW LEVEL SECURITY;

ALTER TABLE public.dependencies ALTER COLUMN dependency_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.dependencies_dependency_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.dependency_changes (
    tenant_id uuid NOT NULL,
    change bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    dependencies bytea,
    hours timestamp with time zone[] NOT NULL
);

ALTER TABLE ONLY public.dependency_changes FORCE ROW LEVEL SECURITY;

CREATE TABLE public.factors (
    user_id uuid NOT NULL,
    salt bytea NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    confirmed_at timestamp with time zone,
    last_step bigint DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY public.factors FORCE ROW LEVEL SECURITY;

CREATE TABLE public.feed_coverage (
    tenant_id uuid NOT NULL,
    feed_id integer NOT NULL,
    exporter inet NOT NULL,
    hour timestamp with time zone NOT NULL,
    nodata bigint NOT NULL,
    nodata_seconds bigint NOT NULL,
    skipped bigint NOT NULL
);

ALTER TABLE ONLY public.feed_coverage FORCE ROW LEVEL SECURITY;

CREATE TABLE public.feed_readings (
    tenant_id uuid NOT NULL,
    feed_id integer NOT NULL,
    log uuid NOT NULL,
    name text NOT NULL,
    read_at timestamp with time zone DEFAULT now() NOT NULL,
    latest timestamp with time zone,
    lines bigint NOT NULL,
    flows bigint NOT NULL,
    counts jsonb NOT NULL,
    unreadable jsonb NOT NULL,
    examples jsonb NOT NULL
);

ALTER TABLE ONLY public.feed_readings FORCE ROW LEVEL SECURITY;

CREATE TABLE public.feeds (
    tenant_id uuid NOT NULL,
    feed_id integer NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    settings jsonb NOT NULL,
    state text DEFAULT 'active'::text NOT NULL,
    external_id uuid DEFAULT gen_random_uuid() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    secret bytea,
    CONSTRAINT feeds_settings_check CHECK ((jsonb_typeof(settings) = 'object'::text)),
    CONSTRAINT feeds_state_check CHECK ((state = ANY (ARRAY['active'::text, 'paused'::text])))
);

ALTER TABLE ONLY public.feeds FORCE ROW LEVEL SECURITY;

ALTER TABLE public.feeds ALTER COLUMN feed_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.feeds_feed_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.flow_sources (
    tenant_id uuid NOT NULL,
    source_id integer NOT NULL,
    exporter inet NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    address_space_id integer NOT NULL,
    state text DEFAULT 'accepted'::text NOT NULL,
    formats smallint[] DEFAULT '{}'::smallint[] NOT NULL,
    first_seen timestamp with time zone,
    last_seen timestamp with time zone,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT flow_sources_state_check CHECK ((state = ANY (ARRAY['accepted'::text, 'held'::text, 'refused'::text])))
);

ALTER TABLE ONLY public.flow_sources FORCE ROW LEVEL SECURITY;

ALTER TABLE public.flow_sources ALTER COLUMN source_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.flow_sources_source_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.grants (
    tenant_id uuid NOT NULL,
    grant_id bigint NOT NULL,
    user_id uuid NOT NULL,
    role_id integer NOT NULL,
    limits jsonb DEFAULT '{}'::jsonb NOT NULL,
    until timestamp with time zone,
    reason text DEFAULT ''::text NOT NULL,
    granted_by text NOT NULL,
    granted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT grants_limits_check CHECK ((jsonb_typeof(limits) = 'object'::text))
);

ALTER TABLE ONLY public.grants FORCE ROW LEVEL SECURITY;

ALTER TABLE public.grants ALTER COLUMN grant_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.grants_grant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.hour_totals (
    tenant_id uuid NOT NULL,
    hour timestamp with time zone NOT NULL,
    totals bytea NOT NULL
);
ALTER TABLE ONLY public.hour_totals ALTER COLUMN totals SET STORAGE EXTERNAL;

ALTER TABLE ONLY public.hour_totals FORCE ROW LEVEL SECURITY;

CREATE TABLE public.identities (
    tenant_id uuid NOT NULL,
    identity_id uuid DEFAULT gen_random_uuid() NOT NULL,
    provider_id uuid NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL,
    known_as text NOT NULL,
    linked_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone
);

ALTER TABLE ONLY public.identities FORCE ROW LEVEL SECURITY;

CREATE TABLE public.identity_providers (
    tenant_id uuid NOT NULL,
    provider_id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    issuer text NOT NULL,
    client_id text NOT NULL,
    secret bytea,
    algorithm text,
    enabled boolean NOT NULL,
    shown boolean NOT NULL,
    role_id integer,
    version integer DEFAULT 1 NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    kind text NOT NULL,
    saml jsonb,
    CONSTRAINT identity_providers_check CHECK (((kind = 'oidc'::text) = (algorithm IS NOT NULL))),
    CONSTRAINT identity_providers_check1 CHECK (((kind = 'saml'::text) = (saml IS NOT NULL)))
);

ALTER TABLE ONLY public.identity_providers FORCE ROW LEVEL SECURITY;

CREATE TABLE public.import_parts (
    tenant_id uuid NOT NULL,
    import_id integer NOT NULL,
    part integer NOT NULL,
    content bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.import_parts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.imports (
    tenant_id uuid NOT NULL,
    import_id integer NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    state text DEFAULT 'uploading'::text NOT NULL,
    actor text NOT NULL,
    changed integer DEFAULT 0 NOT NULL,
    kept integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    applied_at timestamp with time zone,
    undone_at timestamp with time zone,
    CONSTRAINT imports_kind_check CHECK ((kind = ANY (ARRAY['assets'::text, 'classification_rules'::text]))),
    CONSTRAINT imports_state_check CHECK ((state = ANY (ARRAY['uploading'::text, 'applied'::text, 'undone'::text])))
);

ALTER TABLE ONLY public.imports FORCE ROW LEVEL SECURITY;

ALTER TABLE public.imports ALTER COLUMN import_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.imports_import_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.ledger (
    tenant_id uuid NOT NULL,
    source uuid NOT NULL,
    epoch bigint NOT NULL,
    seen int8multirange DEFAULT '{}'::int8multirange NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.ledger FORCE ROW LEVEL SECURITY;

CREATE TABLE public.links (
    link_id uuid DEFAULT gen_random_uuid() NOT NULL,
    digest bytea NOT NULL,
    tenant_id uuid NOT NULL,
    user_id uuid,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    regains boolean DEFAULT false NOT NULL
);

ALTER TABLE ONLY public.links FORCE ROW LEVEL SECURITY;

CREATE TABLE public.members (
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    disabled_at timestamp with time zone,
    joined_at timestamp with time zone DEFAULT now() NOT NULL,
    accepted_at timestamp with time zone,
    invited_as text DEFAULT ''::text NOT NULL
);

ALTER TABLE ONLY public.members FORCE ROW LEVEL SECURITY;

CREATE TABLE public.merges (
    tenant_id uuid NOT NULL,
    merged bigint DEFAULT 0 NOT NULL,
    merged_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    took interval DEFAULT '00:00:00'::interval NOT NULL,
    changes bigint DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY public.merges FORCE ROW LEVEL SECURITY;

CREATE TABLE public.passwords (
    user_id uuid NOT NULL,
    hash text NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.passwords FORCE ROW LEVEL SECURITY;

CREATE TABLE public.push_gates (
    tenant_id uuid NOT NULL,
    feed_id integer NOT NULL,
    gate uuid DEFAULT gen_random_uuid() NOT NULL,
    digest bytea,
    former bytea,
    former_until timestamp with time zone,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    heard_at timestamp with time zone
);

ALTER TABLE ONLY public.push_gates FORCE ROW LEVEL SECURITY;

CREATE TABLE public.push_refusals (
    tenant_id uuid NOT NULL,
    feed_id integer NOT NULL,
    reason text NOT NULL,
    hour timestamp with time zone DEFAULT date_trunc('hour'::text, now()) NOT NULL,
    times bigint DEFAULT 1 NOT NULL,
    last_at timestamp with time zone DEFAULT now() NOT NULL,
    detail text NOT NULL
);

ALTER TABLE ONLY public.push_refusals FORCE ROW LEVEL SECURITY;

CREATE TABLE public.recovery_codes (
    user_id uuid NOT NULL,
    digest bytea NOT NULL,
    used_at timestamp with time zone
);

ALTER TABLE ONLY public.recovery_codes FORCE ROW LEVEL SECURITY;

CREATE TABLE public.roles (
    tenant_id uuid NOT NULL,
    role_id integer NOT NULL,
    name text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    permissions text[] NOT NULL,
    builtin text,
    version integer DEFAULT 1 NOT NULL
);

ALTER TABLE ONLY public.roles FORCE ROW LEVEL SECURITY;

ALTER TABLE public.roles ALTER COLUMN role_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.roles_role_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.sessions (
    session_id uuid DEFAULT gen_random_uuid() NOT NULL,
    digest bytea NOT NULL,
    user_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    method text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    proven_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone DEFAULT now() NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    address text NOT NULL,
    agent text NOT NULL,
    provider_id uuid,
    factor_at timestamp with time zone,
    proven_in uuid
);

ALTER TABLE ONLY public.sessions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.sightings (
    tenant_id uuid NOT NULL,
    address_space_id integer NOT NULL,
    address inet NOT NULL,
    server inet,
    protocol smallint,
    port integer,
    kind text NOT NULL,
    value text NOT NULL,
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    CONSTRAINT sightings_check CHECK ((((server IS NULL) = (protocol IS NULL)) AND ((server IS NULL) = (port IS NULL)))),
    CONSTRAINT sightings_value_check CHECK (((length(value) >= 1) AND (length(value) <= 255)))
);

ALTER TABLE ONLY public.sightings FORCE ROW LEVEL SECURITY;

CREATE TABLE public.sign_ins (
    digest bytea NOT NULL,
    tenant_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    purpose text NOT NULL,
    user_id uuid,
    secret bytea,
    redirect text NOT NULL,
    state text NOT NULL,
    nonce text NOT NULL,
    verifier text NOT NULL,
    endpoints jsonb NOT NULL,
    begun_at timestamp with time zone DEFAULT now() NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    relay bytea,
    vouched jsonb
);

ALTER TABLE ONLY public.sign_ins FORCE ROW LEVEL SECURITY;

CREATE TABLE public.source_counters (
    tenant_id uuid NOT NULL,
    source_id integer NOT NULL,
    collector uuid NOT NULL,
    started timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL,
    counters jsonb NOT NULL
);

ALTER TABLE ONLY public.source_counters FORCE ROW LEVEL SECURITY;

CREATE TABLE public.source_names (
    tenant_id uuid NOT NULL,
    source_id integer NOT NULL,
    kind text NOT NULL,
    number bigint NOT NULL,
    name text NOT NULL,
    said_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT source_names_kind_check CHECK ((kind = ANY (ARRAY['interfaces'::text, 'descriptions'::text, 'vrfs'::text, 'applications'::text, 'hosts'::text])))
);

ALTER TABLE ONLY public.source_names FORCE ROW LEVEL SECURITY;

CREATE TABLE public.source_rates (
    tenant_id uuid NOT NULL,
    source_id integer NOT NULL,
    rate bigint NOT NULL,
    learned timestamp with time zone NOT NULL,
    outcome text,
    flows bigint DEFAULT 0 NOT NULL,
    settled_at timestamp with time zone,
    CONSTRAINT source_rates_outcome_check CHECK ((outcome = ANY (ARRAY['corrected'::text, 'ambiguous'::text, 'unsampled_before'::text])))
);

ALTER TABLE ONLY public.source_rates FORCE ROW LEVEL SECURITY;

CREATE TABLE public.stale_marks (
    tenant_id uuid NOT NULL,
    hour timestamp with time zone NOT NULL,
    mark bigint NOT NULL
);

ALTER TABLE ONLY public.stale_marks FORCE ROW LEVEL SECURITY;

CREATE VIEW public.stale_hours WITH (security_invoker='true') AS
 SELECT DISTINCT tenant_id,
    hour
   FROM public.stale_marks;

ALTER TABLE public.stale_marks ALTER COLUMN mark ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.stale_marks_mark_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tenants (
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    factor_required boolean DEFAULT false NOT NULL
);

ALTER TABLE ONLY public.tenants FORCE ROW LEVEL SECURITY;

CREATE TABLE public.uploads (
    tenant_id uuid NOT NULL,
    upload_id bigint NOT NULL,
    name text NOT NULL,
    octets bigint NOT NULL,
    actor text NOT NULL,
    state text DEFAULT 'expected'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    read_at timestamp with time zone,
    reason text DEFAULT ''::text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    format text DEFAULT ''::text NOT NULL,
    lines bigint DEFAULT 0 NOT NULL,
    flows bigint DEFAULT 0 NOT NULL,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    unreadable jsonb DEFAULT '{}'::jsonb NOT NULL,
    examples jsonb DEFAULT '{}'::jsonb NOT NULL,
    first_flow timestamp with time zone,
    last_flow timestamp with time zone,
    CONSTRAINT uploads_octets_check CHECK ((octets > 0)),
    CONSTRAINT uploads_state_check CHECK ((state = ANY (ARRAY['expected'::text, 'read'::text, 'refused'::text])))
);

ALTER TABLE ONLY public.uploads FORCE ROW LEVEL SECURITY;

ALTER TABLE public.uploads ALTER COLUMN upload_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.uploads_upload_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.users (
    user_id uuid DEFAULT gen_random_uuid() NOT NULL,
    email text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    disabled_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT users_email_check CHECK ((email = lower(email)))
);

ALTER TABLE ONLY public.users FORCE ROW LEVEL SECURITY;

CREATE TABLE public.views (
    tenant_id uuid NOT NULL,
    view_id integer NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    owner text NOT NULL,
    owner_name text NOT NULL,
    audience text[] DEFAULT '{}'::text[] NOT NULL,
    state jsonb NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT views_kind_check CHECK ((kind = ANY (ARRAY['map'::text, 'dashboard'::text]))),
    CONSTRAINT views_state_check CHECK ((jsonb_typeof(state) = 'object'::text))
);

ALTER TABLE ONLY public.views FORCE ROW LEVEL SECURITY;

ALTER TABLE public.views ALTER COLUMN view_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.views_view_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY public.address_spaces
    ADD CONSTRAINT address_spaces_pkey PRIMARY KEY (address_space_id);

ALTER TABLE ONLY public.address_spaces
    ADD CONSTRAINT address_spaces_tenant_id_name_key UNIQUE (tenant_id, name);

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_pkey PRIMARY KEY (api_token_id);

ALTER TABLE ONLY public.asset_descriptions
    ADD CONSTRAINT asset_descriptions_pkey PRIMARY KEY (asset_id, version);

ALTER TABLE ONLY public.assets
    ADD CONSTRAINT assets_pkey PRIMARY KEY (asset_id);

ALTER TABLE ONLY public.assets
    ADD CONSTRAINT assets_tenant_id_address_space_id_address_key UNIQUE (tenant_id, address_space_id, address);

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (attempt_id);

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_tenant_id_address_space_id_server_port_protocol_cl_key UNIQUE (tenant_id, address_space_id, server, port, protocol, client);

ALTER TABLE public.audit_events
    ADD CONSTRAINT audit_events_are_linked CHECK (((number IS NOT NULL) AND (hash IS NOT NULL))) NOT VALID;

ALTER TABLE ONLY public.audit_events
    ADD CONSTRAINT audit_events_of UNIQUE (tenant_id, number);

ALTER TABLE ONLY public.audit_events
    ADD CONSTRAINT audit_events_pkey PRIMARY KEY (audit_event_id);

ALTER TABLE ONLY public.audit_heads
    ADD CONSTRAINT audit_heads_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.classification_changes
    ADD CONSTRAINT classification_changes_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.classification_rules
    ADD CONSTRAINT classification_rules_pkey PRIMARY KEY (rule_id, version);

ALTER TABLE ONLY public.collector_counters
    ADD CONSTRAINT collector_counters_pkey PRIMARY KEY (tenant_id, collector, started);

ALTER TABLE ONLY public.conversation_hours
    ADD CONSTRAINT conversation_hours_pkey PRIMARY KEY (dependency_id, hour, source_id, tenant_id);

ALTER TABLE ONLY public.counted_digests
    ADD CONSTRAINT counted_digests_pkey PRIMARY KEY (source, epoch, record, tenant_id);

ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (dead_letter_id);

ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_tenant_id_digest_key UNIQUE (tenant_id, digest);

ALTER TABLE ONLY public.deltas
    ADD CONSTRAINT deltas_pkey PRIMARY KEY (source, epoch, record, tenant_id);

ALTER TABLE ONLY public.denials
    ADD CONSTRAINT denials_pkey PRIMARY KEY (tenant_id, key);

ALTER TABLE ONLY public.dependencies
    ADD CONSTRAINT dependencies_client_id_server_id_port_protocol_tenant_id_key UNIQUE (client_id, server_id, port, protocol, tenant_id);

ALTER TABLE ONLY public.dependencies
    ADD CONSTRAINT dependencies_pkey PRIMARY KEY (dependency_id);

ALTER TABLE ONLY public.dependency_changes
    ADD CONSTRAINT dependency_changes_pkey PRIMARY KEY (tenant_id, change);

ALTER TABLE ONLY public.factors
    ADD CONSTRAINT factors_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.feed_coverage
    ADD CONSTRAINT feed_coverage_pkey PRIMARY KEY (feed_id, exporter, hour);

ALTER TABLE ONLY public.feed_readings
    ADD CONSTRAINT feed_readings_pkey PRIMARY KEY (feed_id, log);

ALTER TABLE ONLY public.feeds
    ADD CONSTRAINT feeds_pkey PRIMARY KEY (feed_id);

ALTER TABLE ONLY public.feeds
    ADD CONSTRAINT feeds_tenant_id_name_key UNIQUE (tenant_id, name);

ALTER TABLE ONLY public.flow_sources
    ADD CONSTRAINT flow_sources_pkey PRIMARY KEY (source_id);

ALTER TABLE ONLY public.flow_sources
    ADD CONSTRAINT flow_sources_tenant_id_exporter_key UNIQUE (tenant_id, exporter);

ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_pkey PRIMARY KEY (grant_id);

ALTER TABLE ONLY public.hour_totals
    ADD CONSTRAINT hour_totals_pkey PRIMARY KEY (tenant_id, hour);

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_pkey PRIMARY KEY (identity_id);

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_provider_id_subject_key UNIQUE (provider_id, subject);

ALTER TABLE ONLY public.identity_providers
    ADD CONSTRAINT identity_providers_pkey PRIMARY KEY (provider_id);

ALTER TABLE ONLY public.identity_providers
    ADD CONSTRAINT identity_providers_tenant_id_name_key UNIQUE (tenant_id, name);

ALTER TABLE ONLY public.import_parts
    ADD CONSTRAINT import_parts_pkey PRIMARY KEY (import_id, part);

ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_pkey PRIMARY KEY (import_id);

ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (tenant_id, source, epoch);

ALTER TABLE ONLY public.links
    ADD CONSTRAINT links_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.links
    ADD CONSTRAINT links_pkey PRIMARY KEY (link_id);

ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (tenant_id, user_id);

ALTER TABLE ONLY public.merges
    ADD CONSTRAINT merges_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.passwords
    ADD CONSTRAINT passwords_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.push_gates
    ADD CONSTRAINT push_gates_gate_key UNIQUE (gate);

ALTER TABLE ONLY public.push_gates
    ADD CONSTRAINT push_gates_pkey PRIMARY KEY (feed_id);

ALTER TABLE ONLY public.push_refusals
    ADD CONSTRAINT push_refusals_pkey PRIMARY KEY (feed_id, reason, hour);

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, digest);

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_pkey PRIMARY KEY (role_id);

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_tenant_id_builtin_key UNIQUE (tenant_id, builtin);

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_tenant_id_name_key UNIQUE (tenant_id, name);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (session_id);

ALTER TABLE ONLY public.sightings
    ADD CONSTRAINT sightings_tenant_id_address_space_id_address_kind_value_ser_key UNIQUE NULLS NOT DISTINCT (tenant_id, address_space_id, address, kind, value, server, protocol, port);

ALTER TABLE ONLY public.sign_ins
    ADD CONSTRAINT sign_ins_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.sign_ins
    ADD CONSTRAINT sign_ins_relay_key UNIQUE (relay);

ALTER TABLE ONLY public.source_counters
    ADD CONSTRAINT source_counters_pkey PRIMARY KEY (tenant_id, source_id, collector, started);

ALTER TABLE ONLY public.source_names
    ADD CONSTRAINT source_names_pkey PRIMARY KEY (tenant_id, source_id, kind, number);

ALTER TABLE ONLY public.source_rates
    ADD CONSTRAINT source_rates_pkey PRIMARY KEY (tenant_id, source_id, rate);

ALTER TABLE ONLY public.stale_marks
    ADD CONSTRAINT stale_marks_pkey PRIMARY KEY (tenant_id, hour, mark);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_name_key UNIQUE (name);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_pkey PRIMARY KEY (upload_id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.views
    ADD CONSTRAINT views_pkey PRIMARY KEY (view_id);

ALTER TABLE ONLY public.views
    ADD CONSTRAINT views_tenant_id_owner_kind_name_key UNIQUE (tenant_id, owner, kind, name);

CREATE UNIQUE INDEX address_spaces_one_default ON public.address_spaces USING btree (tenant_id) WHERE is_default;

CREATE INDEX api_tokens_of ON public.api_tokens USING btree (user_id);

CREATE UNIQUE INDEX asset_descriptions_of ON public.asset_descriptions USING btree (asset_id) WHERE (until IS NULL);

CREATE INDEX asset_descriptions_of_import ON public.asset_descriptions USING btree (import_id) WHERE (import_id IS NOT NULL);

CREATE INDEX attempts_by_client ON public.attempts USING btree (tenant_id, client, server);

CREATE UNIQUE INDEX classification_rules_of ON public.classification_rules USING btree (tenant_id, address_space_id, network) WHERE (until IS NULL);

CREATE INDEX classification_rules_of_import ON public.classification_rules USING btree (import_id) WHERE (import_id IS NOT NULL);

CREATE INDEX conversation_hours_by_time ON ONLY public.conversation_hours USING brin (hour) WITH (pages_per_range='16', autosummarize='on');

CREATE INDEX conversation_minutes_by_time ON ONLY public.conversation_minutes USING brin (minute) WITH (pages_per_range='16', autosummarize='on');

CREATE INDEX conversation_minutes_of ON ONLY public.conversation_minutes USING btree (dependency_id, minute);

CREATE INDEX dead_letters_by_state ON public.dead_letters USING btree (tenant_id, state, dead_letter_id DESC);

CREATE INDEX dependencies_by_port ON public.dependencies USING btree (port);

CREATE INDEX dependencies_by_server ON public.dependencies USING btree (server_id);

CREATE INDEX feed_readings_by_time ON public.feed_readings USING btree (feed_id, read_at);

CREATE INDEX grants_by_role ON public.grants USING btree (role_id);

CREATE INDEX grants_of ON public.grants USING btree (tenant_id, user_id);

CREATE INDEX identities_of ON public.identities USING btree (user_id);

CREATE INDEX links_of ON public.links USING btree (user_id);

CREATE INDEX members_by_user ON public.members USING btree (user_id);

CREATE INDEX sessions_of ON public.sessions USING btree (user_id);

CREATE INDEX sign_ins_end ON public.sign_ins USING btree (ends_at);

CREATE INDEX uploads_by_time ON public.uploads USING btree (tenant_id, upload_id DESC);

CREATE TRIGGER audit_events_stay BEFORE DELETE OR UPDATE ON public.audit_events FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER changes AFTER INSERT OR DELETE OR UPDATE ON public.asset_descriptions FOR EACH STATEMENT EXECUTE FUNCTION public.count_classification_change();

CREATE TRIGGER changes AFTER INSERT OR DELETE OR UPDATE ON public.classification_rules FOR EACH STATEMENT EXECUTE FUNCTION public.count_classification_change();

ALTER TABLE ONLY public.address_spaces
    ADD CONSTRAINT address_spaces_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(user_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.asset_descriptions
    ADD CONSTRAINT asset_descriptions_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES public.assets(asset_id);

ALTER TABLE ONLY public.asset_descriptions
    ADD CONSTRAINT asset_descriptions_import_id_fkey FOREIGN KEY (import_id) REFERENCES public.imports(import_id);

ALTER TABLE ONLY public.asset_descriptions
    ADD CONSTRAINT asset_descriptions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.assets
    ADD CONSTRAINT assets_address_space_id_fkey FOREIGN KEY (address_space_id) REFERENCES public.address_spaces(address_space_id);

ALTER TABLE ONLY public.assets
    ADD CONSTRAINT assets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_address_space_id_fkey FOREIGN KEY (address_space_id) REFERENCES public.address_spaces(address_space_id);

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.audit_events
    ADD CONSTRAINT audit_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.audit_heads
    ADD CONSTRAINT audit_heads_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.classification_changes
    ADD CONSTRAINT classification_changes_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.classification_rules
    ADD CONSTRAINT classification_rules_address_space_id_fkey FOREIGN KEY (address_space_id) REFERENCES public.address_spaces(address_space_id);

ALTER TABLE ONLY public.classification_rules
    ADD CONSTRAINT classification_rules_import_id_fkey FOREIGN KEY (import_id) REFERENCES public.imports(import_id);

ALTER TABLE ONLY public.classification_rules
    ADD CONSTRAINT classification_rules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.collector_counters
    ADD CONSTRAINT collector_counters_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.deltas
    ADD CONSTRAINT deltas_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.denials
    ADD CONSTRAINT denials_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.dependencies
    ADD CONSTRAINT dependencies_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.assets(asset_id);

ALTER TABLE ONLY public.dependencies
    ADD CONSTRAINT dependencies_server_id_fkey FOREIGN KEY (server_id) REFERENCES public.assets(asset_id);

ALTER TABLE ONLY public.dependency_changes
    ADD CONSTRAINT dependency_changes_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.factors
    ADD CONSTRAINT factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(user_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.feed_coverage
    ADD CONSTRAINT feed_coverage_feed_id_fkey FOREIGN KEY (feed_id) REFERENCES public.feeds(feed_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.feed_coverage
    ADD CONSTRAINT feed_coverage_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.feed_readings
    ADD CONSTRAINT feed_readings_feed_id_fkey FOREIGN KEY (feed_id) REFERENCES public.feeds(feed_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.feed_readings
    ADD CONSTRAINT feed_readings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.feeds
    ADD CONSTRAINT feeds_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.flow_sources
    ADD CONSTRAINT flow_sources_address_space_id_fkey FOREIGN KEY (address_space_id) REFERENCES public.address_spaces(address_space_id);

ALTER TABLE ONLY public.flow_sources
    ADD CONSTRAINT flow_sources_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_role_id_fkey FOREIGN KEY (role_id) REFERENCES public.roles(role_id);

ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.members(tenant_id, user_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.hour_totals
    ADD CONSTRAINT hour_totals_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.identity_providers(provider_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(user_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.identity_providers
    ADD CONSTRAINT identity_providers_role_id_fkey FOREIGN KEY (role_id) REFERENCES public.roles(role_id);

ALTER TABLE ONLY public.identity_providers
    ADD CONSTRAINT identity_providers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.import_parts
    ADD CONSTRAINT import_parts_import_id_fkey FOREIGN KEY (import_id) REFERENCES public.imports(import_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.import_parts
    ADD CONSTRAINT import_parts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.links
    ADD CONSTRAINT links_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.links
    ADD CONSTRAINT links_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(user_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(user_id);

ALTER TABLE ONLY public.merges
    ADD CONSTRAINT merges_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.passwords
    ADD CONSTRAINT passwords_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(user_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.push_gates
    ADD CONSTRAINT push_gates_feed_id_fkey FOREIGN KEY (feed_id) REFERENCES public.feeds(feed_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.push_gates
    ADD CONSTRAINT push_gates_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.push_refusals
    ADD CONSTRAINT push_refusals_feed_id_fkey FOREIGN KEY (feed_id) REFERENCES public.feeds(feed_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.push_refusals
    ADD CONSTRAINT push_refusals_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(user_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.identity_providers(provider_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(user_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sightings
    ADD CONSTRAINT sightings_address_space_id_fkey FOREIGN KEY (address_space_id) REFERENCES public.address_spaces(address_space_id);

ALTER TABLE ONLY public.sightings
    ADD CONSTRAINT sightings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.sign_ins
    ADD CONSTRAINT sign_ins_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.identity_providers(provider_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sign_ins
    ADD CONSTRAINT sign_ins_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.sign_ins
    ADD CONSTRAINT sign_ins_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(user_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.source_counters
    ADD CONSTRAINT source_counters_source_id_fkey FOREIGN KEY (source_id) REFERENCES public.flow_sources(source_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.source_counters
    ADD CONSTRAINT source_counters_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.source_names
    ADD CONSTRAINT source_names_source_id_fkey FOREIGN KEY (source_id) REFERENCES public.flow_sources(source_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.source_names
    ADD CONSTRAINT source_names_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.source_rates
    ADD CONSTRAINT source_rates_source_id_fkey FOREIGN KEY (source_id) REFERENCES public.flow_sources(source_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.source_rates
    ADD CONSTRAINT source_rates_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.stale_marks
    ADD CONSTRAINT stale_marks_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.views
    ADD CONSTRAINT views_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE public.address_spaces ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.api_tokens ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.asset_descriptions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.assets ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attempts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_heads ENABLE ROW LEVEL SECURITY;

CREATE POLICY by_digest ON public.api_tokens FOR SELECT USING ((digest = ( SELECT decode(NULLIF(current_setting('app.token_digest'::text, true), ''::text), 'hex'::text) AS decode)));

CREATE POLICY by_digest ON public.links USING ((digest = ( SELECT decode(NULLIF(current_setting('app.secret_digest'::text, true), ''::text), 'hex'::text) AS decode)));

CREATE POLICY by_digest ON public.sessions USING ((digest = ( SELECT decode(NULLIF(current_setting('app.secret_digest'::text, true), ''::text), 'hex'::text) AS decode)));

CREATE POLICY by_digest ON public.sign_ins USING ((digest = ( SELECT decode(NULLIF(current_setting('app.secret_digest'::text, true), ''::text), 'hex'::text) AS decode)));

CREATE POLICY by_relay ON public.sign_ins FOR SELECT USING ((relay = ( SELECT decode(NULLIF(current_setting('app.secret_digest'::text, true), ''::text), 'hex'::text) AS decode)));

ALTER TABLE public.classification_changes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.classification_rules ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.collector_counters ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.conversation_hours ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.conversation_minutes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.counted_digests ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.dead_letters ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.deltas ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.denials ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.dependencies ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.dependency_changes ENABLE ROW LEVEL SECURITY;

CREATE POLICY door ON public.identity_providers FOR SELECT USING ((enabled AND ((shown AND (( SELECT current_setting('app.door'::text, true) AS current_setting) = 'any'::text)) OR ((provider_id)::text = ( SELECT current_setting('app.door'::text, true) AS current_setting)))));

ALTER TABLE public.factors ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.feed_coverage ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.feed_readings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.feeds ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.flow_sources ENABLE ROW LEVEL SECURITY;

CREATE POLICY gate ON public.push_gates FOR SELECT USING (((gate)::text = ( SELECT current_setting('app.gate'::text, true) AS current_setting)));

ALTER TABLE public.grants ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.hour_totals ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.identities ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.identity_providers ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_parts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.imports ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger ENABLE ROW LEVEL SECURITY;

CREATE POLICY limits ON public.asset_descriptions AS RESTRICTIVE USING (((( SELECT NULLIF(current_setting('app.limits'::text, true), ''::text) AS "nullif") IS NULL) OR (EXISTS ( SELECT
   FROM public.assets a
  WHERE (a.asset_id = asset_descriptions.asset_id)))));

CREATE POLICY limits ON public.assets AS RESTRICTIVE USING (((( SELECT NULLIF(current_setting('app.limits'::text, true), ''::text) AS "nullif") IS NULL) OR public.within_limits(tenant_id, address_space_id, address)));

CREATE POLICY limits ON public.attempts AS RESTRICTIVE USING (((( SELECT NULLIF(current_setting('app.limits'::text, true), ''::text) AS "nullif") IS NULL) OR public.within_limits(tenant_id, address_space_id, client) OR public.within_limits(tenant_id, address_space_id, server)));

CREATE POLICY limits ON public.classification_rules AS RESTRICTIVE FOR INSERT WITH CHECK (((( SELECT NULLIF(current_setting('app.limits'::text, true), ''::text) AS "nullif") IS NULL) OR public.within_limits(tenant_id, address_space_id, (network)::inet)));

CREATE POLICY limits ON public.dependencies AS RESTRICTIVE USING (((( SELECT NULLIF(current_setting('app.limits'::text, true), ''::text) AS "nullif") IS NULL) OR (EXISTS ( SELECT
   FROM public.assets a
  WHERE (a.asset_id = dependencies.client_id))) OR (EXISTS ( SELECT
   FROM public.assets a
  WHERE (a.asset_id = dependencies.server_id)))));

CREATE POLICY limits ON public.flow_sources AS RESTRICTIVE USING (((( SELECT NULLIF(current_setting('app.limits'::text, true), ''::text) AS "nullif") IS NULL) OR public.within_limits(tenant_id, address_space_id, exporter)));

CREATE POLICY limits ON public.sightings AS RESTRICTIVE USING (((( SELECT NULLIF(current_setting('app.limits'::text, true), ''::text) AS "nullif") IS NULL) OR public.within_limits(tenant_id, address_space_id, address) OR ((server IS NOT NULL) AND public.within_limits(tenant_id, address_space_id, server))));

CREATE POLICY limits_of_change ON public.classification_rules AS RESTRICTIVE FOR UPDATE USING (((( SELECT NULLIF(current_setting('app.limits'::text, true), ''::text) AS "nullif") IS NULL) OR public.within_limits(tenant_id, address_space_id, (network)::inet)));

ALTER TABLE public.links ENABLE ROW LEVEL SECURITY;

CREATE POLICY listing ON public.tenants FOR SELECT USING ((( SELECT current_setting('app.every_tenant'::text, true) AS current_setting) = 'yes'::text));

CREATE POLICY member ON public.users FOR SELECT USING ((user_id IN ( SELECT m.user_id
   FROM public.members m
  WHERE (m.tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")))));

ALTER TABLE public.members ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.merges ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.passwords ENABLE ROW LEVEL SECURITY;

CREATE POLICY person ON public.factors USING ((user_id = ( SELECT (NULLIF(current_setting('app.user'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY person ON public.members FOR SELECT USING ((user_id = ( SELECT (NULLIF(current_setting('app.user'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY person ON public.passwords USING ((user_id = ( SELECT (NULLIF(current_setting('app.user'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY person ON public.recovery_codes USING ((user_id = ( SELECT (NULLIF(current_setting('app.user'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY person ON public.sessions USING ((user_id = ( SELECT (NULLIF(current_setting('app.user'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY person ON public.tenants FOR SELECT USING ((tenant_id IN ( SELECT m.tenant_id
   FROM public.members m
  WHERE ((m.user_id = ( SELECT (NULLIF(current_setting('app.user'::text, true), ''::text))::uuid AS "nullif")) AND (m.accepted_at IS NOT NULL)))));

CREATE POLICY person ON public.users USING (((user_id = ( SELECT (NULLIF(current_setting('app.user'::text, true), ''::text))::uuid AS "nullif")) OR (email = ( SELECT NULLIF(current_setting('app.email'::text, true), ''::text) AS "nullif"))));

ALTER TABLE public.push_gates ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.push_refusals ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.recovery_codes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.roles ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sightings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sign_ins ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.source_counters ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.source_names ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.source_rates ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.stale_marks ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON public.address_spaces USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.api_tokens USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.asset_descriptions USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.assets USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.attempts USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.audit_events USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.audit_heads USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.classification_changes USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.classification_rules USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.collector_counters USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.conversation_hours USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.conversation_minutes USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.counted_digests USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.dead_letters USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.deltas USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.denials USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.dependencies USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.dependency_changes USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.feed_coverage USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.feed_readings USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.feeds USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.flow_sources USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.grants USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.hour_totals USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.identities USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.identity_providers USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.import_parts USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.imports USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.ledger USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.links USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.members USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.merges USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.push_gates USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.push_refusals USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.roles USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.sessions USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.sightings USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.sign_ins USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.source_counters USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.source_names USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.source_rates USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.stale_marks USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.tenants USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.uploads USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.views USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.uploads ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.views ENABLE ROW LEVEL SECURITY;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.address_spaces TO flowlens_app;

GRANT USAGE ON SEQUENCE public.address_spaces_address_space_id_seq TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.api_tokens TO flowlens_app;

GRANT USAGE ON SEQUENCE public.api_tokens_api_token_id_seq TO flowlens_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.asset_descriptions TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.assets TO flowlens_app;

GRANT USAGE ON SEQUENCE public.assets_asset_id_seq TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attempts TO flowlens_app;

GRANT USAGE ON SEQUENCE public.attempts_attempt_id_seq TO flowlens_app;

GRANT SELECT,INSERT ON TABLE public.audit_events TO flowlens_app;

GRANT USAGE ON SEQUENCE public.audit_events_audit_event_id_seq TO flowlens_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.audit_heads TO flowlens_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.classification_changes TO flowlens_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.classification_rules TO flowlens_app;

GRANT USAGE ON SEQUENCE public.classification_rules_rule_id_seq TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.collector_counters TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.conversation_hours TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.conversation_minutes TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.counted_digests TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dead_letters TO flowlens_app;

GRANT USAGE ON SEQUENCE public.dead_letters_dead_letter_id_seq TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.deltas TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.denials TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dependencies TO flowlens_app;

GRANT USAGE ON SEQUENCE public.dependencies_dependency_id_seq TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dependency_changes TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.factors TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.feed_coverage TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.feed_readings TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.feeds TO flowlens_app;

GRANT USAGE ON SEQUENCE public.feeds_feed_id_seq TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.flow_sources TO flowlens_app;

GRANT USAGE ON SEQUENCE public.flow_sources_source_id_seq TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.grants TO flowlens_app;

GRANT USAGE ON SEQUENCE public.grants_grant_id_seq TO flowlens_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.hour_totals TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.identities TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.identity_providers TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.import_parts TO flowlens_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.imports TO flowlens_app;

GRANT USAGE ON SEQUENCE public.imports_import_id_seq TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ledger TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.links TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.members TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.merges TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.passwords TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.push_gates TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.push_refusals TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.recovery_codes TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.roles TO flowlens_app;

GRANT USAGE ON SEQUENCE public.roles_role_id_seq TO flowlens_app;

GRANT SELECT ON TABLE public.schema_migrations TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sessions TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sightings TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sign_ins TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.source_counters TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.source_names TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.source_rates TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.stale_marks TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.stale_hours TO flowlens_app;

GRANT USAGE ON SEQUENCE public.stale_marks_mark_seq TO flowlens_app;

GRANT SELECT,INSERT ON TABLE public.tenants TO flowlens_app;

GRANT UPDATE(factor_required) ON TABLE public.tenants TO flowlens_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.uploads TO flowlens_app;

GRANT USAGE ON SEQUENCE public.uploads_upload_id_seq TO flowlens_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.users TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.views TO flowlens_app;

GRANT USAGE ON SEQUENCE public.views_view_id_seq TO flowlens_app;
