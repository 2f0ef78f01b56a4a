-- :name keep
INSERT INTO dead_letters (tenant_id, digest, source, epoch, record, reason, location)
VALUES (%(tenant)s, %(digest)s, %(source)s, %(epoch)s, %(record)s, %(reason)s, %(location)s)
    ON CONFLICT (tenant_id, digest) DO NOTHING

-- :name forget
DELETE FROM dead_letters d
 USING unnest(%(sources)s::uuid[], %(epochs)s::bigint[], %(records)s::bigint[]) AS n (source, epoch, record)
 WHERE d.tenant_id = %(tenant)s AND d.source = n.source AND d.epoch = n.epoch AND d.record = n.record

-- :name belongs
SELECT EXISTS (SELECT FROM tenants WHERE tenant_id = %(tenant)s)
