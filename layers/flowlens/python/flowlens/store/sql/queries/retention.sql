-- :name wait_briefly
SELECT set_config('lock_timeout', '5s', true)

-- :name dependencies
DELETE FROM dependencies WHERE tenant_id = %(tenant)s AND last_seen < %(before)s

-- :name assets
DELETE FROM assets a
 WHERE a.tenant_id = %(tenant)s AND a.last_seen < %(before)s
   AND NOT EXISTS (SELECT FROM dependencies d WHERE d.client_id = a.asset_id)
   AND NOT EXISTS (SELECT FROM dependencies d WHERE d.server_id = a.asset_id)

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
