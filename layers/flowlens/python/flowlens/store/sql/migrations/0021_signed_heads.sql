-- When the audit trail's last head was signed, so that whoever looks at the trail sees how far it is out of reach.

ALTER TABLE audit_heads ADD COLUMN signed_at timestamptz; -- when the head `anchored` was signed
