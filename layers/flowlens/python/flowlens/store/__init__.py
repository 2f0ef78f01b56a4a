"""Aurora Postgres: the only room that holds SQL."""
