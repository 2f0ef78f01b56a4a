"""What it adds to a request to find out who asks and what they may: through the handler, on a real Postgres."""

from __future__ import annotations

import functools
import json
import os
import statistics
import sys
import time
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from flowlens.access.actor import Actor
from flowlens.access.quotas import QUOTAS, Weight
from flowlens.access.roles import ADMINISTRATOR
from flowlens.services import members, quotas, sessions, tokens
from flowlens.services.sessions import Caller
from flowlens.store.connection import connect
from flowlens.store.tokens import Wanted
from flowlens.tables import quotas as table

from cdk.local.postgres import OWNER
from functions.api.deps import Guard
from functions.api.handler import handler
from tests.functions.api.deployed import deployed, emptied
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply, through_gateway
from tests.postgres import TENANT, running

_REQUESTS, _WARM = 1000, 50
_GUARD = Guard((), before_factor=True)  # of /me


def run() -> dict[str, float]:
    """Milliseconds of a request that no guard looks at, and what knowing who asks adds to it; they take turns."""
    told = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
    region = patch.dict(os.environ, told)
    with running() as server, TemporaryDirectory() as files, region:
        name = server.migrated()
        emptied(server, name)
        with connect(server.secret(OWNER, name)) as owner, deployed(server, name, Path(files)):
            who = {"email": "ada@example.com", "name": "Ada", "by": "bench"}
            person = members.enrol(owner, TENANT, **who, role=ADMINISTRATOR, accepted=True)
            secret, actor = sessions.begin(owner, person, "password", Caller("192.0.2.77", "bench"))
            wanted = Wanted("bench", sorted(actor.permissions), [], datetime.now(UTC) + timedelta(days=1))
            asks = {
                "session": _browser(secret),
                "token": Ask(transport=through_gateway, token=tokens.create(owner, actor, wanted)[0]),
                "installation_token": Ask(transport=through_gateway, token=Estate(owner).administrator()),
            }
            found = _figures(asks, actor)
        return found | _counting(actor)


def _figures(asks: dict[str, Ask], actor: Actor) -> dict[str, float]:
    took: dict[str, list[float]] = {kind: [] for kind in ("nobody", *asks)}
    with _timed() as guards:
        for turn in range(_REQUESTS + _WARM):
            for kind, ask in {"nobody": asks["session"], **asks}.items():
                with _unguarded(actor) if kind == "nobody" else nullcontext():
                    before = time.perf_counter()
                    reply = ask("/me")
                    after = time.perf_counter()
                if reply.status != 200:
                    raise RuntimeError(f"by {kind}: {reply.status} {reply.body[:200]!r}")
                if turn >= _WARM:
                    took[kind].append((after - before) * 1000)
    nobody = took.pop("nobody")
    found = {"access.nobody.median_ms": _median(nobody), "access.nobody.p95_ms": _p95(nobody)}
    for at, (kind, whole) in enumerate(took.items()):
        guard = guards[_WARM * len(took) + at :: len(took)]
        found |= {
            f"access.{kind}.adds_p95_ms": round(_p95(whole) - _p95(nobody), 2),
            f"access.{kind}.adds_median_ms": round(_median(whole) - _median(nobody), 2),
            f"access.{kind}.p95_ms": _p95(guard),
            f"access.{kind}.median_ms": _median(guard),
        }
    return found


def _p95(took: list[float]) -> float:
    return round(statistics.quantiles(took, n=20)[-1], 2)


def _median(took: list[float]) -> float:
    return round(statistics.median(took), 2)


@contextmanager
def _unguarded(actor: Actor) -> Generator[None]:
    """The same route, of which somebody is told whom it answers."""
    app: Any = getattr(handler, "app")  # noqa: B009 (Mangum names it so, and its types do not)
    app.dependency_overrides[_GUARD] = lambda: actor
    try:
        yield
    finally:
        app.dependency_overrides.clear()


def _counting(actor: Actor) -> dict[str, float]:
    """CPU milliseconds that the count of a quota takes of us; the network and DynamoDB's own time are not in it."""
    answer = json.dumps({"Attributes": {}}).encode()
    took: list[float] = []

    def send(_request: AWSPreparedRequest, **_named: object) -> AWSResponse:
        return AWSResponse(
            "https://table", 200, HTTPHeaders.from_dict({"x-amz-crc32": str(zlib.crc32(answer))}), _Raw(answer)
        )

    with patch("botocore.httpsession.URLLib3Session.send", side_effect=send):
        table.connection.cache_clear()
        for _ in range(_REQUESTS + _WARM):
            before = time.process_time()
            quotas.take("throttles", QUOTAS, actor, Weight.ORDINARY)
            took.append((time.process_time() - before) * 1000)
        table.connection.cache_clear()
    return {"access.quota.cpu_median_ms": _median(took[_WARM:]), "access.quota.cpu_p95_ms": _p95(took[_WARM:])}


class _Raw:
    """A body, as urllib3 gives it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_named: object) -> Iterator[bytes]:
        yield self._body


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
