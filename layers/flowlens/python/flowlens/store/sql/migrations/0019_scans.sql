-- What one client tried of one server is counted before it is added to: a scan becomes few rows.

DROP INDEX attempts_by_client;
CREATE INDEX attempts_by_client ON attempts (tenant_id, client, server);
