-- :name make_room
SELECT set_config('work_mem', '64MB', true), set_config('statement_timeout', '40s', true)

-- :name stage_ends
CREATE TEMPORARY TABLE new_ends (
    position   integer NOT NULL,
    space      integer NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen  timestamptz NOT NULL,
    address    inet NOT NULL
) ON COMMIT DROP

-- :name stage_edges
CREATE TEMPORARY TABLE new_edges (
    space            integer NOT NULL,
    client_id        bigint NOT NULL,
    server_id        bigint NOT NULL,
    protocol         smallint NOT NULL,
    port             integer NOT NULL,
    first_seen       timestamptz NOT NULL,
    last_seen        timestamptz NOT NULL,
    alive_from       timestamptz NOT NULL,
    alive_until      timestamptz NOT NULL,
    flows            bigint NOT NULL,
    octets_sent      bigint NOT NULL,
    octets_received  bigint NOT NULL,
    packets_sent     bigint NOT NULL,
    packets_received bigint NOT NULL,
    octets_seen      bigint NOT NULL,
    packets_seen     bigint NOT NULL,
    by_initiator     bigint NOT NULL,
    by_flags         bigint NOT NULL,
    by_service       bigint NOT NULL,
    by_port_order    bigint NOT NULL,
    evidence         integer NOT NULL
) ON COMMIT DROP

-- :name stage_evidence
CREATE TEMPORARY TABLE new_evidence (evidence integer PRIMARY KEY, document jsonb NOT NULL) ON COMMIT DROP

-- :name stage_intervals
CREATE TEMPORARY TABLE new_intervals (
    dependency_id bigint NOT NULL,
    alive_from    timestamptz NOT NULL,
    alive_until   timestamptz NOT NULL
) ON COMMIT DROP

-- :name stage_minutes
CREATE TEMPORARY TABLE new_minutes (
    dependency_id    bigint NOT NULL,
    source_id        integer NOT NULL,
    minute           timestamptz NOT NULL,
    flows            bigint NOT NULL,
    octets_sent      bigint NOT NULL,
    octets_received  bigint NOT NULL,
    packets_sent     bigint NOT NULL,
    packets_received bigint NOT NULL,
    octets_seen      bigint NOT NULL,
    packets_seen     bigint NOT NULL,
    rate             bigint NOT NULL
) ON COMMIT DROP

-- :name add_assets
INSERT INTO assets AS a (tenant_id, address_space_id, address, first_seen, last_seen)
SELECT %(tenant)s, n.space, n.address, n.first_seen, n.last_seen
  FROM new_ends n
  LEFT JOIN assets known ON known.tenant_id = %(tenant)s
                        AND known.address_space_id = n.space AND known.address = n.address
 WHERE known.asset_id IS NULL OR n.first_seen < known.first_seen OR n.last_seen > known.last_seen
 ORDER BY n.space, n.address
    ON CONFLICT (tenant_id, address_space_id, address) DO UPDATE
   SET first_seen = least(a.first_seen, excluded.first_seen),
       last_seen = greatest(a.last_seen, excluded.last_seen)

-- :name assets
SELECT n.position, a.asset_id
  FROM new_ends n
  JOIN assets a ON a.tenant_id = %(tenant)s AND a.address_space_id = n.space AND a.address = n.address

-- :name add_evidence
INSERT INTO new_evidence
SELECT ordinality - 1, document FROM unnest(%(documents)s::jsonb[]) WITH ORDINALITY AS d (document, ordinality)

-- :name add_dependencies
INSERT INTO dependencies AS d (
    tenant_id, address_space_id, client_id, server_id, protocol, port, first_seen, last_seen, during, flows,
    octets_sent, octets_received, packets_sent, packets_received, octets_seen, packets_seen,
    by_initiator, by_flags, by_service, by_port_order, first_evidence)
SELECT %(tenant)s, n.space, n.client_id, n.server_id, n.protocol, n.port, n.first_seen, n.last_seen,
       tstzmultirange(tstzrange(n.alive_from, n.alive_until)), n.flows,
       n.octets_sent, n.octets_received, n.packets_sent, n.packets_received, n.octets_seen, n.packets_seen,
       n.by_initiator, n.by_flags, n.by_service, n.by_port_order, e.document
  FROM new_edges n
  JOIN new_evidence e USING (evidence)
 ORDER BY n.client_id, n.server_id, n.port, n.protocol
    ON CONFLICT (client_id, server_id, port, protocol, tenant_id) DO UPDATE
   SET first_seen = least(d.first_seen, excluded.first_seen),
       last_seen = greatest(d.last_seen, excluded.last_seen),
       during = d.during + excluded.during,
       flows = d.flows + excluded.flows,
       -- 2^62 - 1, where the sums of conversations.py stop too: two of them still fit a bigint.
       octets_sent = least(d.octets_sent + excluded.octets_sent, 4611686018427387903),
       octets_received = least(d.octets_received + excluded.octets_received, 4611686018427387903),
       packets_sent = least(d.packets_sent + excluded.packets_sent, 4611686018427387903),
       packets_received = least(d.packets_received + excluded.packets_received, 4611686018427387903),
       octets_seen = least(d.octets_seen + excluded.octets_seen, 4611686018427387903),
       packets_seen = least(d.packets_seen + excluded.packets_seen, 4611686018427387903),
       by_initiator = d.by_initiator + excluded.by_initiator,
       by_flags = d.by_flags + excluded.by_flags,
       by_service = d.by_service + excluded.by_service,
       by_port_order = d.by_port_order + excluded.by_port_order,
       first_evidence = CASE
           WHEN excluded.first_seen > d.first_seen THEN d.first_evidence
           WHEN excluded.first_seen < d.first_seen THEN excluded.first_evidence
           -- At one instant the record's name decides, so that any order of arrival keeps the same one.
           WHEN ((excluded.first_evidence ->> 'epoch')::bigint, (excluded.first_evidence ->> 'record')::bigint,
                 excluded.first_evidence ->> 'source')
              < ((d.first_evidence ->> 'epoch')::bigint, (d.first_evidence ->> 'record')::bigint,
                 d.first_evidence ->> 'source') THEN excluded.first_evidence
           ELSE d.first_evidence
       END
RETURNING d.dependency_id, d.client_id, d.server_id, d.port, d.protocol

-- :name add_intervals
UPDATE dependencies d
   SET during = d.during + n.during
  FROM (SELECT dependency_id, range_agg(tstzrange(alive_from, alive_until)) AS during
          FROM new_intervals GROUP BY dependency_id) n
 WHERE d.dependency_id = n.dependency_id AND d.tenant_id = %(tenant)s

-- :name add_minutes
INSERT INTO conversation_minutes (
    tenant_id, dependency_id, source_id, minute, flows, octets_sent, octets_received, packets_sent, packets_received,
    octets_seen, packets_seen, rate)
SELECT %(tenant)s, dependency_id, source_id, minute, flows, octets_sent, octets_received, packets_sent,
       packets_received, octets_seen, packets_seen, rate
  FROM new_minutes

-- :name mark_stale
INSERT INTO stale_marks (tenant_id, hour)
SELECT %(tenant)s, hour FROM unnest(%(hours)s::timestamptz[]) AS h (hour)
