"""A Lambda whose module cannot be imported, for the tests of the local Lambda service."""

raise LookupError("DATABASE_SECRET is not set")
