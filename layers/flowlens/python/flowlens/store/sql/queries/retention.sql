-- :name wait_briefly
SELECT set_config('lock_timeout', '5s', true)

-- :name dependencies
DELETE FROM dependencies WHERE tenant_id = %(tenant)s AND last_seen < %(before)s

-- :name assets
-- An asset of which somebody says something stays, and so does one that somebody describes at this moment. Others go
-- with what was once said of them.
WITH gone AS (
    SELECT a.asset_id
      FROM assets a
     WHERE a.tenant_id = %(tenant)s AND a.last_seen < %(before)s
       AND NOT EXISTS (SELECT FROM dependencies d WHERE d.client_id = a.asset_id)
       AND NOT EXISTS (SELECT FROM dependencies d WHERE d.server_id = a.asset_id)
       AND NOT EXISTS (SELECT FROM asset_descriptions s
                        WHERE s.tenant_id = %(tenant)s AND s.asset_id = a.asset_id AND s.until IS NULL
                          AND (s.name, s.note, s.attributes) <> ('', '', '{}'))
       FOR UPDATE SKIP LOCKED
), said AS (
    DELETE FROM asset_descriptions s USING gone g WHERE s.tenant_id = %(tenant)s AND s.asset_id = g.asset_id
)
DELETE FROM assets a USING gone g WHERE a.tenant_id = %(tenant)s AND a.asset_id = g.asset_id

-- :name ledger
DELETE FROM ledger WHERE tenant_id = %(tenant)s AND updated_at < %(before)s

-- :name dead_letters
DELETE FROM dead_letters WHERE tenant_id = %(tenant)s AND at < %(before)s

-- :name source_counters
DELETE FROM source_counters WHERE tenant_id = %(tenant)s AND at < %(before)s

-- :name collector_counters
DELETE FROM collector_counters WHERE tenant_id = %(tenant)s AND at < %(before)s

-- :name digests
DELETE FROM counted_digests WHERE tenant_id = %(tenant)s AND counted_at < %(before)s

-- :name attempts
DELETE FROM attempts WHERE tenant_id = %(tenant)s AND last_seen < %(before)s

-- :name sightings
DELETE FROM sightings WHERE tenant_id = %(tenant)s AND last_seen < %(before)s

-- :name feed_readings
DELETE FROM feed_readings WHERE tenant_id = %(tenant)s AND read_at < %(before)s

-- :name feed_coverage
DELETE FROM feed_coverage WHERE tenant_id = %(tenant)s AND hour < %(before)s

-- :name push_refusals
DELETE FROM push_refusals WHERE tenant_id = %(tenant)s AND hour < %(before)s

-- :name hour_totals
DELETE FROM hour_totals WHERE tenant_id = %(tenant)s AND hour < %(before)s
