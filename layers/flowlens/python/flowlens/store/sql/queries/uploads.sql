-- :name create
INSERT INTO uploads (tenant_id, name, octets, actor)
VALUES (%(tenant)s, %(name)s, %(octets)s, %(actor)s)
RETURNING upload_id

-- :name every
SELECT upload_id AS id, name, octets, actor, state, created_at, read_at, reason, detail, format, lines, flows, counts,
       unreadable, examples, first_flow, last_flow
  FROM uploads
 WHERE tenant_id = %(tenant)s AND (%(id)s::bigint IS NULL OR upload_id = %(id)s)
 ORDER BY upload_id DESC
 LIMIT 100

-- :name expected
SELECT count(*) FROM uploads
 WHERE tenant_id = %(tenant)s AND state = 'expected' AND created_at > now() - %(within)s::interval

-- :name read
UPDATE uploads
   SET state = 'read', read_at = now(), reason = '', detail = '', format = %(format)s, lines = %(lines)s, flows = %(flows)s,
       counts = %(counts)s, unreadable = %(unreadable)s, examples = %(examples)s, first_flow = %(first)s,
       last_flow = %(last)s
 WHERE tenant_id = %(tenant)s AND upload_id = %(id)s

-- :name refused
UPDATE uploads
   SET state = 'refused', read_at = now(), reason = %(reason)s, detail = %(detail)s
 WHERE tenant_id = %(tenant)s AND upload_id = %(id)s AND state <> 'read'
