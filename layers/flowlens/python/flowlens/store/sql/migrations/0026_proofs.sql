-- Where somebody showed who they are counts: what a tenant's provider vouched for is no proof in another tenant.
ALTER TABLE sessions ADD COLUMN proven_in uuid; -- the tenant whose provider vouched for the last proof; null: a password, which counts everywhere
