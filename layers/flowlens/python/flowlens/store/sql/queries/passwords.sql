-- :name kept
SELECT hash FROM passwords WHERE user_id = %(user)s

-- :name keep
INSERT INTO passwords (user_id, hash) VALUES (%(user)s, %(hash)s)
ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = now()

-- :name forget
DELETE FROM passwords WHERE user_id = %(user)s
