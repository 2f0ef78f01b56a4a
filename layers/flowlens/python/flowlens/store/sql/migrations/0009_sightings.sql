-- What logs and captures say of addresses and edges besides counting them: instances, services, names, paths.
CREATE TABLE sightings (
    tenant_id        uuid NOT NULL REFERENCES tenants,
    address_space_id integer NOT NULL REFERENCES address_spaces,
    address          inet NOT NULL, -- of an edge: its client
    server           inet,          -- of an edge
    protocol         smallint,
    port             integer,
    kind             text NOT NULL,
    value            text NOT NULL CHECK (length(value) BETWEEN 1 AND 255),
    first_seen       timestamptz NOT NULL,
    last_seen        timestamptz NOT NULL,
    CHECK ((server IS NULL) = (protocol IS NULL) AND (server IS NULL) = (port IS NULL)),
    UNIQUE NULLS NOT DISTINCT (tenant_id, address_space_id, address, kind, value, server, protocol, port)
);
ALTER TABLE sightings ENABLE ROW LEVEL SECURITY;
ALTER TABLE sightings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sightings
    USING (tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')::uuid));
CREATE POLICY limits ON sightings AS RESTRICTIVE
    USING ((SELECT nullif(current_setting('app.limits', true), '')) IS NULL
           OR within_limits(tenant_id, address_space_id, address)
           OR server IS NOT NULL AND within_limits(tenant_id, address_space_id, server));
GRANT SELECT, INSERT, UPDATE, DELETE ON sightings TO flowlens_app;
