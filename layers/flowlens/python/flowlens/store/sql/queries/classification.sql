-- :name change
SELECT rules, said FROM classification_changes WHERE tenant_id = %(tenant)s

-- :name rules
SELECT rule_id AS id, version, address_space_id AS space, network::text AS network, attributes, note, actor,
       since, until
  FROM classification_rules
 WHERE tenant_id = %(tenant)s
   AND CASE WHEN %(at)s::timestamptz IS NULL THEN until IS NULL
            ELSE since <= %(at)s AND (until IS NULL OR until > %(at)s) END
   AND (%(id)s::integer IS NULL OR rule_id = %(id)s)
 ORDER BY rule_id

-- :name count
SELECT count(*) FROM classification_rules WHERE tenant_id = %(tenant)s AND until IS NULL

-- :name history
SELECT rule_id AS id, version, address_space_id AS space, network::text AS network, attributes, note, actor,
       since, until
  FROM classification_rules
 WHERE tenant_id = %(tenant)s AND rule_id = %(id)s
 ORDER BY version DESC
 LIMIT 1000

-- :name create
INSERT INTO classification_rules (tenant_id, address_space_id, network, attributes, note, actor)
VALUES (%(tenant)s, %(space)s, %(network)s, %(attributes)s, %(note)s, %(actor)s)
ON CONFLICT DO NOTHING
RETURNING rule_id

-- :name end_rule
UPDATE classification_rules SET until = greatest(now(), since)
 WHERE tenant_id = %(tenant)s AND rule_id = %(id)s AND until IS NULL
RETURNING version

-- :name held_version
SELECT version FROM classification_rules
 WHERE tenant_id = %(tenant)s AND rule_id = %(id)s AND until IS NULL
   FOR UPDATE

-- :name next_version
INSERT INTO classification_rules (tenant_id, rule_id, version, address_space_id, network, attributes, note, actor)
VALUES (%(tenant)s, %(id)s, %(version)s, %(space)s, %(network)s, %(attributes)s, %(note)s, %(actor)s)
ON CONFLICT DO NOTHING
RETURNING rule_id

-- :name descriptions
SELECT asset_id AS asset, version, attributes, name, note, actor, since, until
  FROM asset_descriptions
 WHERE tenant_id = %(tenant)s
   AND CASE WHEN %(at)s::timestamptz IS NULL THEN until IS NULL
            ELSE since <= %(at)s AND (until IS NULL OR until > %(at)s) END
   AND (%(asset)s::bigint IS NULL OR asset_id = %(asset)s)

-- :name description_history
SELECT asset_id AS asset, version, attributes, name, note, actor, since, until
  FROM asset_descriptions
 WHERE tenant_id = %(tenant)s AND asset_id = %(asset)s
 ORDER BY version DESC
 LIMIT 1000

-- :name hold_asset
SELECT asset_id FROM assets WHERE tenant_id = %(tenant)s AND asset_id = %(asset)s FOR NO KEY UPDATE

-- :name end_description
UPDATE asset_descriptions SET until = greatest(now(), since)
 WHERE tenant_id = %(tenant)s AND asset_id = %(asset)s AND until IS NULL

-- :name describe
INSERT INTO asset_descriptions (tenant_id, asset_id, version, attributes, name, note, actor)
VALUES (%(tenant)s, %(asset)s, %(version)s, %(attributes)s, %(name)s, %(note)s, %(actor)s)
