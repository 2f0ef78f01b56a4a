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
    last_used_at timestamp with time zone
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

CREATE TABLE public.audit_events (
    tenant_id uuid NOT NULL,
    audit_event_id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL
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
    packets_seen bigint NOT NULL
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
    packets_seen bigint NOT NULL
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
    at timestamp with time zone DEFAULT now() NOT NULL
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

CREATE TABLE public.ledger (
    tenant_id uuid NOT NULL,
    source uuid NOT NULL,
    epoch bigint NOT NULL,
    seen int8multirange DEFAULT '{}'::int8multirange NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.ledger FORCE ROW LEVEL SECURITY;

CREATE TABLE public.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.source_counters (
    tenant_id uuid NOT NULL,
    source_id integer NOT NULL,
    collector uuid NOT NULL,
    started timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL,
    counters jsonb NOT NULL
);

ALTER TABLE ONLY public.source_counters FORCE ROW LEVEL SECURITY;

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
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.tenants FORCE ROW LEVEL SECURITY;

ALTER TABLE ONLY public.address_spaces
    ADD CONSTRAINT address_spaces_pkey PRIMARY KEY (address_space_id);

ALTER TABLE ONLY public.address_spaces
    ADD CONSTRAINT address_spaces_tenant_id_name_key UNIQUE (tenant_id, name);

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_pkey PRIMARY KEY (api_token_id);

ALTER TABLE ONLY public.assets
    ADD CONSTRAINT assets_pkey PRIMARY KEY (asset_id);

ALTER TABLE ONLY public.assets
    ADD CONSTRAINT assets_tenant_id_address_space_id_address_key UNIQUE (tenant_id, address_space_id, address);

ALTER TABLE ONLY public.audit_events
    ADD CONSTRAINT audit_events_pkey PRIMARY KEY (audit_event_id);

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

ALTER TABLE ONLY public.dependencies
    ADD CONSTRAINT dependencies_client_id_server_id_port_protocol_tenant_id_key UNIQUE (client_id, server_id, port, protocol, tenant_id);

ALTER TABLE ONLY public.dependencies
    ADD CONSTRAINT dependencies_pkey PRIMARY KEY (dependency_id);

ALTER TABLE ONLY public.flow_sources
    ADD CONSTRAINT flow_sources_pkey PRIMARY KEY (source_id);

ALTER TABLE ONLY public.flow_sources
    ADD CONSTRAINT flow_sources_tenant_id_exporter_key UNIQUE (tenant_id, exporter);

ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (tenant_id, source, epoch);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.source_counters
    ADD CONSTRAINT source_counters_pkey PRIMARY KEY (tenant_id, source_id, collector, started);

ALTER TABLE ONLY public.stale_marks
    ADD CONSTRAINT stale_marks_pkey PRIMARY KEY (tenant_id, hour, mark);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_name_key UNIQUE (name);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id);

CREATE UNIQUE INDEX address_spaces_one_default ON public.address_spaces USING btree (tenant_id) WHERE is_default;

CREATE INDEX conversation_minutes_of ON ONLY public.conversation_minutes USING btree (dependency_id, minute);

CREATE INDEX dependencies_by_server ON public.dependencies USING btree (server_id);

ALTER TABLE ONLY public.address_spaces
    ADD CONSTRAINT address_spaces_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.assets
    ADD CONSTRAINT assets_address_space_id_fkey FOREIGN KEY (address_space_id) REFERENCES public.address_spaces(address_space_id);

ALTER TABLE ONLY public.assets
    ADD CONSTRAINT assets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.audit_events
    ADD CONSTRAINT audit_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.collector_counters
    ADD CONSTRAINT collector_counters_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.dependencies
    ADD CONSTRAINT dependencies_client_id_fkey FOREIGN KEY (client_id) REFERENCES public.assets(asset_id);

ALTER TABLE ONLY public.dependencies
    ADD CONSTRAINT dependencies_server_id_fkey FOREIGN KEY (server_id) REFERENCES public.assets(asset_id);

ALTER TABLE ONLY public.flow_sources
    ADD CONSTRAINT flow_sources_address_space_id_fkey FOREIGN KEY (address_space_id) REFERENCES public.address_spaces(address_space_id);

ALTER TABLE ONLY public.flow_sources
    ADD CONSTRAINT flow_sources_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.source_counters
    ADD CONSTRAINT source_counters_source_id_fkey FOREIGN KEY (source_id) REFERENCES public.flow_sources(source_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.source_counters
    ADD CONSTRAINT source_counters_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE ONLY public.stale_marks
    ADD CONSTRAINT stale_marks_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(tenant_id);

ALTER TABLE public.address_spaces ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.api_tokens ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.assets ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_events ENABLE ROW LEVEL SECURITY;

CREATE POLICY by_digest ON public.api_tokens FOR SELECT USING ((digest = ( SELECT decode(NULLIF(current_setting('app.token_digest'::text, true), ''::text), 'hex'::text) AS decode)));

ALTER TABLE public.collector_counters ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.conversation_hours ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.conversation_minutes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.counted_digests ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.dead_letters ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.dependencies ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.flow_sources ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger ENABLE ROW LEVEL SECURITY;

CREATE POLICY listing ON public.tenants FOR SELECT USING ((( SELECT current_setting('app.every_tenant'::text, true) AS current_setting) = 'yes'::text));

ALTER TABLE public.source_counters ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.stale_marks ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON public.address_spaces USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.api_tokens USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.assets USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.audit_events USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.collector_counters USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.conversation_hours USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.conversation_minutes USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.counted_digests USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.dead_letters USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.dependencies USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.flow_sources USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.ledger USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.source_counters USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.stale_marks USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.tenants USING ((tenant_id = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid AS "nullif")));

ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.address_spaces TO flowlens_app;

GRANT USAGE ON SEQUENCE public.address_spaces_address_space_id_seq TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.api_tokens TO flowlens_app;

GRANT USAGE ON SEQUENCE public.api_tokens_api_token_id_seq TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.assets TO flowlens_app;

GRANT USAGE ON SEQUENCE public.assets_asset_id_seq TO flowlens_app;

GRANT SELECT,INSERT ON TABLE public.audit_events TO flowlens_app;

GRANT USAGE ON SEQUENCE public.audit_events_audit_event_id_seq TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.collector_counters TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.conversation_hours TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.conversation_minutes TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.counted_digests TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dead_letters TO flowlens_app;

GRANT USAGE ON SEQUENCE public.dead_letters_dead_letter_id_seq TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dependencies TO flowlens_app;

GRANT USAGE ON SEQUENCE public.dependencies_dependency_id_seq TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.flow_sources TO flowlens_app;

GRANT USAGE ON SEQUENCE public.flow_sources_source_id_seq TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ledger TO flowlens_app;

GRANT SELECT ON TABLE public.schema_migrations TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.source_counters TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.stale_marks TO flowlens_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.stale_hours TO flowlens_app;

GRANT USAGE ON SEQUENCE public.stale_marks_mark_seq TO flowlens_app;

GRANT SELECT ON TABLE public.tenants TO flowlens_app;
