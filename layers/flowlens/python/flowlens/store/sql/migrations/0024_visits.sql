-- Feeds whose logs lie in places that FlowLens goes to: what opens such a place, sealed.
ALTER TABLE feeds ADD COLUMN secret bytea;
