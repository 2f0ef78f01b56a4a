"""What happened, one JSON line each on standard output; never one per datagram."""

from __future__ import annotations

import sys
import time

import orjson


def event(name: str, **fields: object) -> None:
    line = {"at": time.time_ns() // 1_000_000, "event": name, **fields}
    sys.stdout.write(orjson.dumps(line, default=str).decode() + "\n")
    sys.stdout.flush()
