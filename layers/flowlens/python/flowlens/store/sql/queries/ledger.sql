-- :name open
INSERT INTO ledger (tenant_id, source, epoch)
SELECT DISTINCT %(tenant)s::uuid, source, epoch
  FROM unnest(%(sources)s::uuid[], %(epochs)s::bigint[]) AS r (source, epoch)
 ORDER BY source, epoch
    ON CONFLICT DO NOTHING

-- :name lock
SELECT source, epoch, seen
  FROM ledger
 WHERE tenant_id = %(tenant)s
   AND (source, epoch) IN (SELECT * FROM unnest(%(sources)s::uuid[], %(epochs)s::bigint[]))
 ORDER BY source, epoch
   FOR UPDATE

-- :name enter
UPDATE ledger l
   SET seen = l.seen + n.seen, updated_at = now()
  FROM (SELECT source, epoch, range_agg(int8range(record, record, '[]')) AS seen
          FROM unnest(%(sources)s::uuid[], %(epochs)s::bigint[], %(records)s::bigint[]) AS r (source, epoch, record)
         GROUP BY source, epoch) n
 WHERE l.tenant_id = %(tenant)s AND l.source = n.source AND l.epoch = n.epoch

-- :name held
SELECT d.source, d.epoch, d.record, d.digest
  FROM unnest(%(sources)s::uuid[], %(epochs)s::bigint[], %(records)s::bigint[]) AS r (source, epoch, record)
  JOIN counted_digests d USING (source, epoch, record)
 WHERE d.tenant_id = %(tenant)s

-- :name hold
INSERT INTO counted_digests (tenant_id, source, epoch, record, digest)
SELECT %(tenant)s, source, epoch, record, digest
  FROM unnest(%(sources)s::uuid[], %(epochs)s::bigint[], %(records)s::bigint[], %(digests)s::uuid[])
       AS r (source, epoch, record, digest)
