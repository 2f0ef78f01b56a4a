-- :name hold_head
INSERT INTO audit_heads AS h (tenant_id, number, hash)
VALUES (%(tenant)s, 0, %(genesis)s)
ON CONFLICT (tenant_id) DO UPDATE SET number = h.number
RETURNING number, hash, clock_timestamp()

-- :name record
WITH moved AS (
    UPDATE audit_heads SET number = %(number)s, hash = %(hash)s WHERE tenant_id = %(tenant)s
)
INSERT INTO audit_events (tenant_id, number, hash, at, actor, action, target, detail)
VALUES (%(tenant)s, %(number)s, %(hash)s, %(at)s, %(actor)s, %(action)s, %(target)s, %(detail)s)

-- :name page
SELECT number, at, actor, action, target, detail, hash
  FROM audit_events
 WHERE tenant_id = %(tenant)s AND number IS NOT NULL
   AND (%(before)s::bigint IS NULL OR number < %(before)s)
   AND (%(actor)s::text IS NULL OR strpos(lower(actor), lower(%(actor)s)) > 0)
   AND (%(action)s::text IS NULL OR starts_with(action, %(action)s))
   AND (%(part)s::text IS NULL OR strpos(lower(concat_ws(' ', actor, action, target, detail::text)), lower(%(part)s)) > 0)
   AND (%(start)s::timestamptz IS NULL OR at >= %(start)s)
   AND (%(end)s::timestamptz IS NULL OR at < %(end)s)
 ORDER BY number DESC
 LIMIT %(limit)s

-- :name called
WITH named AS MATERIALIZED (
    SELECT w.kind, w.id FROM unnest(%(kinds)s::text[], %(ids)s::text[]) AS w(kind, id)
), person AS (
    SELECT id::uuid FROM named WHERE kind = 'user'
), provider AS (
    SELECT id::uuid FROM named WHERE kind = 'provider'
), tenant AS (
    SELECT id::uuid FROM named WHERE kind = 'tenant'
), numbered AS (
    SELECT kind, id::bigint FROM named WHERE kind NOT IN ('user', 'provider', 'tenant')
)
SELECT 'user', u.user_id::text, u.email
  FROM members m JOIN users u USING (user_id)
 WHERE m.tenant_id = %(tenant)s AND m.user_id IN (SELECT id FROM person)
UNION ALL
SELECT 'provider', p.provider_id::text, p.name
  FROM identity_providers p WHERE p.tenant_id = %(tenant)s AND p.provider_id IN (SELECT id FROM provider)
UNION ALL
SELECT 'tenant', t.tenant_id::text, t.name
  FROM tenants t WHERE t.tenant_id = %(tenant)s AND t.tenant_id IN (SELECT id FROM tenant)
UNION ALL
SELECT n.kind, n.id::text, k.name
  FROM numbered n JOIN api_tokens k ON k.tenant_id = %(tenant)s AND n.kind = 'token' AND k.api_token_id = n.id
UNION ALL
SELECT n.kind, n.id::text, r.name
  FROM numbered n JOIN roles r ON r.tenant_id = %(tenant)s AND n.kind = 'role' AND r.role_id = n.id
UNION ALL
SELECT n.kind, n.id::text, coalesce(nullif(s.name, ''), host(s.exporter))
  FROM numbered n JOIN flow_sources s ON s.tenant_id = %(tenant)s AND n.kind = 'source' AND s.source_id = n.id
UNION ALL
SELECT n.kind, n.id::text, coalesce(nullif(d.name, ''), host(a.address))
  FROM numbered n
  JOIN assets a ON a.tenant_id = %(tenant)s AND n.kind = 'asset' AND a.asset_id = n.id
  LEFT JOIN asset_descriptions d ON d.tenant_id = a.tenant_id AND d.asset_id = a.asset_id AND d.until IS NULL
UNION ALL
SELECT n.kind, n.id::text, c.network::text
  FROM numbered n
  JOIN classification_rules c
    ON c.tenant_id = %(tenant)s AND n.kind = 'classification rule' AND c.rule_id = n.id AND c.until IS NULL
UNION ALL
SELECT n.kind, n.id::text, f.name
  FROM numbered n JOIN feeds f ON f.tenant_id = %(tenant)s AND n.kind = 'feed' AND f.feed_id = n.id
UNION ALL
SELECT n.kind, n.id::text, v.name
  FROM numbered n JOIN views v ON v.tenant_id = %(tenant)s AND n.kind = 'view' AND v.view_id = n.id
UNION ALL
SELECT n.kind, n.id::text, l.name
  FROM numbered n JOIN uploads l ON l.tenant_id = %(tenant)s AND n.kind = 'upload' AND l.upload_id = n.id
UNION ALL
SELECT n.kind, n.id::text, i.name
  FROM numbered n JOIN imports i ON i.tenant_id = %(tenant)s AND n.kind = 'import' AND i.import_id = n.id
UNION ALL
SELECT n.kind, n.id::text, x.name
  FROM numbered n JOIN address_spaces x ON x.tenant_id = %(tenant)s AND n.kind = 'address space' AND x.address_space_id = n.id

-- :name stretch
SELECT number, at, actor, action, target, detail, hash
  FROM audit_events
 WHERE tenant_id = %(tenant)s AND number > %(after)s
 ORDER BY number
 LIMIT %(limit)s

-- :name hash_of
SELECT hash FROM audit_events WHERE tenant_id = %(tenant)s AND number = %(number)s

-- :name head
SELECT number, hash, anchored, signed_at FROM audit_heads WHERE tenant_id = %(tenant)s

-- :name anchored
UPDATE audit_heads SET anchored = greatest(anchored, %(number)s), signed_at = %(at)s
 WHERE tenant_id = %(tenant)s
