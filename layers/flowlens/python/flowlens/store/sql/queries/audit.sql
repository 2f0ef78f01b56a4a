-- :name record
INSERT INTO audit_events (tenant_id, actor, action, target, detail)
VALUES (%(tenant)s, %(actor)s, %(action)s, %(target)s, %(detail)s)
