"""What it adds to a request to find out who asks and what they may: through the handler, on a real Postgres."""

from __future__ import annotations

import functools
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from flowlens.access.actor import Actor
from flowlens.access.roles import ADMINISTRATOR
from flowlens.services import members, sessions
from flowlens.services.sessions import Caller
from flowlens.store.connection import connect

from cdk.local.postgres import OWNER
from functions.api.deps import Guard
from tests.functions.api.deployed import deployed, emptied
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply, through_gateway
from tests.postgres import TENANT, running

_REQUESTS, _WARM = 1000, 50


def run() -> dict[str, float]:
    """Milliseconds in which 95 of 100 requests knew who asked, by a person's session and by an API token."""
    found: dict[str, float] = {}
    region = patch.dict(os.environ, {"AWS_DEFAULT_REGION": "us-east-1"})
    with running() as server, TemporaryDirectory() as files, region:
        name = server.migrated()
        emptied(server, name)
        with connect(server.secret(OWNER, name)) as owner, deployed(server, name, Path(files)):
            estate = Estate(owner)
            who = {"email": "ada@example.com", "name": "Ada", "by": "bench"}
            person = members.enrol(owner, TENANT, **who, role=ADMINISTRATOR, accepted=True)
            secret, _ = sessions.begin(owner, person, "password", Caller("192.0.2.77", "bench"))
            asks = {"session": _browser(secret), "token": Ask(transport=through_gateway, token=estate.administrator())}
            for kind, ask in asks.items():
                with _timed() as took:
                    for _ in range(_REQUESTS + _WARM):
                        reply = ask("/me")
                        if reply.status != 200:
                            raise RuntimeError(f"by {kind}: {reply.status} {reply.body[:200]!r}")
                found[f"access.{kind}.p95_ms"] = round(statistics.quantiles(took[_WARM:], n=20)[-1], 2)
                found[f"access.{kind}.median_ms"] = round(statistics.median(took[_WARM:]), 2)
    return found


def _browser(secret: str) -> Ask:
    def transport(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Reply:
        ours = {"cookie": f"flowlens-session={secret}", "sec-fetch-site": "same-origin"}
        return through_gateway(method, path, query, headers | ours, body)

    return Ask(transport=transport)


@contextmanager
def _timed() -> Generator[list[float]]:
    """Milliseconds that each guard took."""
    took: list[float] = []
    guard: Callable[..., Actor] = Guard.__call__

    @functools.wraps(guard)  # FastAPI reads the signature
    def timed(self: Guard, *given: object, **named: object) -> Actor:
        before = time.perf_counter()
        try:
            return guard(self, *given, **named)
        finally:
            took.append((time.perf_counter() - before) * 1000)

    with patch.object(Guard, "__call__", timed):
        yield took


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=1) + "\n")
