-- The application makes tenants: each in a transaction of the new tenant's own.
GRANT INSERT ON tenants TO flowlens_app;
