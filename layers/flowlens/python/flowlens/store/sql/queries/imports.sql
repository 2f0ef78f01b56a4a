-- :name create
INSERT INTO imports (tenant_id, kind, name, actor)
VALUES (%(tenant)s, %(kind)s, %(name)s, %(actor)s)
RETURNING import_id

-- :name forget_parts
-- What was sent and never applied.
DELETE FROM import_parts WHERE tenant_id = %(tenant)s AND created_at < now() - %(kept)s::interval

-- :name every
SELECT import_id AS id, kind, name, state, actor, changed, kept, created_at, applied_at, undone_at
  FROM imports
 WHERE tenant_id = %(tenant)s AND (%(id)s::integer IS NULL OR import_id = %(id)s)
 ORDER BY import_id DESC
 LIMIT 100

-- :name hold
SELECT state FROM imports WHERE tenant_id = %(tenant)s AND import_id = %(id)s FOR UPDATE

-- :name put_part
INSERT INTO import_parts (tenant_id, import_id, part, content)
VALUES (%(tenant)s, %(id)s, %(part)s, %(content)b)
    ON CONFLICT (import_id, part) DO UPDATE SET content = excluded.content, created_at = now()

-- :name sizes
SELECT coalesce(sum(octet_length(content)), 0)::bigint FROM import_parts
 WHERE tenant_id = %(tenant)s AND import_id = %(id)s

-- :name parts
SELECT part, content FROM import_parts WHERE tenant_id = %(tenant)s AND import_id = %(id)s ORDER BY part

-- :name drop_parts
DELETE FROM import_parts WHERE tenant_id = %(tenant)s AND import_id = %(id)s

-- :name applied
UPDATE imports SET state = 'applied', changed = %(changed)s, applied_at = now()
 WHERE tenant_id = %(tenant)s AND import_id = %(id)s

-- :name undone
UPDATE imports SET state = 'undone', kept = %(kept)s, undone_at = now()
 WHERE tenant_id = %(tenant)s AND import_id = %(id)s

-- :name assets_at
SELECT a.asset_id, a.address_space_id, host(a.address)
  FROM assets a
  JOIN unnest(%(spaces)s::integer[], %(addresses)s::inet[]) AS w (space, address)
    ON a.address_space_id = w.space AND a.address = w.address
 WHERE a.tenant_id = %(tenant)s

-- :name hold_assets
SELECT count(*) FROM (
    SELECT FROM assets WHERE tenant_id = %(tenant)s AND asset_id = ANY (%(assets)s) ORDER BY asset_id FOR NO KEY UPDATE) a

-- :name end_descriptions
UPDATE asset_descriptions SET until = greatest(now(), since)
 WHERE tenant_id = %(tenant)s AND until IS NULL AND asset_id = ANY (%(assets)s)

-- :name describe
INSERT INTO asset_descriptions (tenant_id, asset_id, version, attributes, name, note, actor, import_id)
SELECT %(tenant)s, w.asset, w.version, w.attributes, w.name, w.note, %(actor)s, %(id)s
  FROM unnest(%(assets)s::bigint[], %(versions)s::integer[], %(attributes)s::jsonb[], %(names)s::text[], %(notes)s::text[])
       AS w (asset, version, attributes, name, note)

-- :name end_rules
UPDATE classification_rules SET until = greatest(now(), since)
 WHERE tenant_id = %(tenant)s AND until IS NULL AND rule_id = ANY (%(rules)s)

-- :name change_rules
INSERT INTO classification_rules (tenant_id, rule_id, version, address_space_id, network, attributes, note, actor, import_id)
SELECT %(tenant)s, w.rule, w.version, w.space, w.network, w.attributes, w.note, %(actor)s, %(id)s
  FROM unnest(%(rules)s::integer[], %(versions)s::integer[], %(spaces)s::integer[], %(networks)s::cidr[],
              %(attributes)s::jsonb[], %(notes)s::text[]) AS w (rule, version, space, network, attributes, note)

-- :name create_rules
INSERT INTO classification_rules (tenant_id, address_space_id, network, attributes, note, actor, import_id)
SELECT %(tenant)s, w.space, w.network, w.attributes, w.note, %(actor)s, %(id)s
  FROM unnest(%(spaces)s::integer[], %(networks)s::cidr[], %(attributes)s::jsonb[], %(notes)s::text[])
       AS w (space, network, attributes, note)

-- :name descriptions_changed_since
SELECT count(*) OVER (), host(a.address)
  FROM asset_descriptions d
  JOIN assets a ON a.tenant_id = d.tenant_id AND a.asset_id = d.asset_id
 WHERE d.tenant_id = %(tenant)s AND d.import_id = %(id)s AND d.until IS NOT NULL
 LIMIT 3

-- :name undo_descriptions
WITH ended AS (
    UPDATE asset_descriptions SET until = greatest(now(), since)
     WHERE tenant_id = %(tenant)s AND import_id = %(id)s AND until IS NULL
    RETURNING asset_id, version
)
INSERT INTO asset_descriptions (tenant_id, asset_id, version, attributes, name, note, actor)
SELECT %(tenant)s, e.asset_id, e.version + 1, coalesce(b.attributes, '{}'), coalesce(b.name, ''), coalesce(b.note, ''),
       %(actor)s
  FROM ended e
  LEFT JOIN asset_descriptions b ON b.tenant_id = %(tenant)s AND b.asset_id = e.asset_id AND b.version = e.version - 1

-- :name rules_changed_since
SELECT count(*) OVER (), network::text
  FROM classification_rules
 WHERE tenant_id = %(tenant)s AND import_id = %(id)s AND until IS NOT NULL
 LIMIT 3

-- :name undo_rules
WITH ended AS (
    UPDATE classification_rules SET until = greatest(now(), since)
     WHERE tenant_id = %(tenant)s AND import_id = %(id)s AND until IS NULL
    RETURNING rule_id, version
), restored AS (
    INSERT INTO classification_rules (tenant_id, rule_id, version, address_space_id, network, attributes, note, actor)
    SELECT %(tenant)s, e.rule_id, e.version + 1, b.address_space_id, b.network, b.attributes, b.note, %(actor)s
      FROM ended e
      JOIN classification_rules b ON b.tenant_id = %(tenant)s AND b.rule_id = e.rule_id AND b.version = e.version - 1
)
SELECT count(*) FROM ended
