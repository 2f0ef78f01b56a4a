-- :name named
SELECT tenant_id AS tenant, feed_id AS feed, gate, digest,
       CASE WHEN former_until > now() THEN former END AS former
  FROM push_gates
 WHERE gate = %(gate)s

-- :name of_feed
SELECT gate, digest IS NOT NULL AS has_secret, made_at, heard_at,
       CASE WHEN former_until > now() THEN former_until END AS former_until
  FROM push_gates
 WHERE tenant_id = %(tenant)s AND feed_id = %(feed)s

-- :name open
-- With another secret the one before is good for a while; without any it is the gate that is another.
INSERT INTO push_gates AS g (tenant_id, feed_id, digest)
SELECT f.tenant_id, f.feed_id, %(digest)s FROM feeds f WHERE f.tenant_id = %(tenant)s AND f.feed_id = %(feed)s
ON CONFLICT (feed_id) DO UPDATE
   SET digest = excluded.digest, former = g.digest,
       former_until = CASE WHEN g.digest IS NOT NULL THEN now() + %(overlap)s END,
       gate = CASE WHEN excluded.digest IS NULL THEN gen_random_uuid() ELSE g.gate END, made_at = now()

-- :name shut
DELETE FROM push_gates WHERE tenant_id = %(tenant)s AND feed_id = %(feed)s

-- :name heard
UPDATE push_gates SET heard_at = now()
 WHERE tenant_id = %(tenant)s AND feed_id = %(feed)s AND (heard_at IS NULL OR heard_at < now() - interval '1 minute')

-- :name refuse
INSERT INTO push_refusals AS r (tenant_id, feed_id, reason, detail)
SELECT f.tenant_id, f.feed_id, %(reason)s, %(detail)s
  FROM feeds f WHERE f.tenant_id = %(tenant)s AND f.feed_id = %(feed)s
ON CONFLICT (feed_id, reason, hour) DO UPDATE SET times = r.times + 1, last_at = now(), detail = excluded.detail

-- :name refusals
SELECT reason, sum(times)::bigint AS times, max(last_at) AS last_at,
       (array_agg(detail ORDER BY hour DESC))[1] AS detail
  FROM push_refusals
 WHERE tenant_id = %(tenant)s AND feed_id = %(feed)s AND hour > now() - interval '1 day'
 GROUP BY reason
 ORDER BY times DESC, reason
 LIMIT 50
