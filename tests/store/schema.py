"""What the migrations make of an empty database, by pg_dump; `python -m tests.store.schema` writes schema.sql."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from flowlens.services.migrations import migrate
from flowlens.store.connection import connect

from cdk.local.postgres import OWNER, binaries
from tests.postgres import Server, running

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "layers/flowlens/python/flowlens/store/sql/schema.sql"
# Comments, the settings of the dump itself, and the key that newer versions put around it.
_NOISE = re.compile(r"^(--.*|SET .*|SELECT pg_catalog.*|\\(un)?restrict .*)$\n?", re.MULTILINE)


def dumped(server: Server) -> str:
    secret = server.secret(OWNER, server.empty())
    with connect(secret) as conn:
        migrate(conn)
    command = [str(binaries() / "pg_dump"), "--schema-only", "--no-owner", "--no-comments"]
    address = [f"--host={secret['host']}", f"--port={secret['port']}", f"--username={OWNER}", str(secret["dbname"])]
    environment = {**os.environ, "PGPASSWORD": str(secret["password"])}
    dump = subprocess.run([*command, *address], env=environment, capture_output=True, text=True, check=True).stdout
    return re.sub(r"\n{3,}", "\n\n", _NOISE.sub("", dump)).strip() + "\n"


if __name__ == "__main__":
    with running() as server:
        SCHEMA.write_text(dumped(server))
