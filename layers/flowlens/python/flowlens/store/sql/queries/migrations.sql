-- :name create
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)

-- :name lock
LOCK TABLE schema_migrations IN EXCLUSIVE MODE

-- :name applied
SELECT version, checksum FROM schema_migrations ORDER BY version

-- :name record
INSERT INTO schema_migrations (version, name, checksum) VALUES (%(version)s, %(name)s, %(checksum)s)
