"""Secrets are planted through the API and looked for in everything that it leaves: none is in any of it.

A secret is told at most once, in the answer that is there to tell it, or in the cookie that is it.
"""

from __future__ import annotations

import base64
import io
import json
import logging
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field

import boto3
import pytest
from flowlens.access.roles import ADMINISTRATOR, VIEWER
from flowlens.aws import secrets
from flowlens.services import sessions as service
from flowlens.store import audit as trail
from flowlens.store.connection import Connection, tenant_transaction

from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply
from tests.functions.api.provider import CLIENT, ISSUER, Provider
from tests.functions.api.test_entering import Browser, house
from tests.functions.api.test_factors import enrol
from tests.functions.api.test_sessions import enrolled, in_days
from tests.postgres import TENANT, Server

__all__ = ["house"]  # a fixture

FIRST, SECOND = "canary password of nine herons", "canary password of a blue kettle"
CLIENT_SECRET = "canary-client-secret-8f3a1c"  # noqa: S105 (planted)
_KEYS = ("sealing", "factors", "origin", "database")


@dataclass
class Sinks:
    """All that was answered and said, in the order in which it was; `told` is how often each secret was to be told."""

    answers: list[tuple[str, bytes]] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=Counter)

    def plant(self, name: str, value: str, *, told: int = 0) -> str:
        self.secrets[name] = value
        self.told[name] = told
        return value

    def recording(self, gateway: Ask) -> Ask:
        def transport(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Reply:
            reply = gateway.transport(method, path, query, headers, body)
            kept = {name: value for name, value in reply.headers.items() if name != "set-cookie"}
            self.answers.append((f"{method} {path}", json.dumps(kept).encode() + b"\n" + reply.body))
            for one in filter(None, reply.headers.get("set-cookie", "").split(", ")):
                value = one.partition(";")[0].partition("=")[2]
                if value:
                    self.plant(f"cookie {len(self.cookies)}", value)
                    self.cookies.append(one)
            return reply

        return Ask(transport=transport)


def spelled(secret: str) -> tuple[bytes, ...]:
    """As it is, as JSON and as Postgres write it, and in base64 at either of three offsets."""
    plain = secret.encode()
    coded = [base64.b64encode(b"x" * shift + plain)[4 * (shift > 0) : -4] for shift in range(3)]
    return (plain, json.dumps(secret)[1:-1].encode(), plain.hex().encode(), *coded)


def hits(sinks: Sinks, where: dict[str, list[bytes]]) -> list[str]:
    """Each secret in each place where it is more often than it was to be told."""
    found = []
    for name, secret in sinks.secrets.items():
        for place, texts in where.items():
            count = sum(any(one in text for one in spelled(secret)) for text in texts)
            if count > (sinks.told[name] if place == "answers" else 0):
                found.append(f"{name} in {place}")
    return found


def tables(postgres: Server, database: str) -> Iterator[bytes]:
    """Every row of every table, whoever may see it."""
    with postgres.admin(database) as conn:
        names = conn.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        assert len(names) > 30
        for (name,) in names:
            for (row,) in conn.execute(f"SELECT t::text FROM {name} t".encode()):  # noqa: S608 (a name of the catalogue)
                yield f"{name}{row}".encode()


def queues() -> Iterator[bytes]:
    for name in ("flow-sources", "throttles"):
        for item in boto3.client("dynamodb").scan(TableName=name)["Items"]:
            yield json.dumps(item, default=str).encode()
    for url in boto3.client("sqs").list_queues()["QueueUrls"]:
        for message in boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ()):
            yield message["Body"].encode()


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Generator[Callable[[], list[bytes]]]:
    """Whatever was logged, at the lowest level that somebody may set for a function, or printed since."""
    kept = io.StringIO()
    listener, root = logging.StreamHandler(kept), logging.getLogger()
    before = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)

    def read() -> list[bytes]:
        out, err = capfd.readouterr()
        return [out.encode(), err.encode(), kept.getvalue().encode()]

    yield read
    root.removeHandler(listener)
    root.setLevel(before)


@pytest.fixture
def planted(
    said: object,  # noqa: ARG001 (it listens from the beginning)
    gateway: Ask,
    owner: Connection,
    house: Provider,
    monkeypatch: pytest.MonkeyPatch,
) -> Sinks:
    """One of each secret, used as it is meant to be, and where it is not."""
    sinks = Sinks()
    ask = sinks.recording(gateway)
    for name in _KEYS:
        kept = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
        sinks.plant(f"key {name}", str(kept.get("key") or kept["password"]))
    sinks.secrets.pop("key origin")  # in tests it is an ordinary word
    sinks.secrets.pop("key factors")
    user = enrolled(owner, "ada@example.com", ADMINISTRATOR)
    administrator = Estate(owner).administrator()
    first = gateway.as_(administrator)(f"/members/{user}/link", method="POST").json()["secret"]
    sinks.plant("first link", first)
    ada = Browser(ask)
    assert ada("/links/use", "POST", {"link": first, "password": sinks.plant("password", FIRST)}).status == 200
    assert ada("/session/password", "PUT", {"old": FIRST, "new": sinks.plant("new password", SECOND)}).status == 204
    wanted = {"name": "probe", "permissions": ["assets:read", "data:export"], "expires_at": in_days(1)}
    token = sinks.plant("token", ada("/tokens", "POST", wanted).json()["token"], told=1)
    grace = enrolled(owner, "grace@example.com", VIEWER)
    link = sinks.plant("link", ada(f"/members/{grace}/link", "POST").json()["secret"], told=1)
    text = {"issuer": ISSUER, "name": "Company", "client_id": CLIENT}
    made = ada("/identity-providers", "POST", {**text, "secret": sinks.plant("client secret", CLIENT_SECRET)})
    assert made.status == 201, made.body
    ada(f"/identity-providers/{made.json()['id']}/test", "POST")
    begun = Browser(ask)
    way = begun.begin(made.json()["id"])
    begun.answer(house.signs_in(way.json()["location"]))
    _, codes = enrol(ada, monkeypatch)  # type: ignore[arg-type]  # a browser too
    seed = next(json.loads(body.partition(b"\n")[2]) for path, body in sinks.answers if path.endswith("/factor/seed"))
    sinks.plant("seed", seed["secret"], told=1)
    for number, code in enumerate(codes):
        sinks.plant(f"recovery code {number}", code, told=1)
    _misuse(ask, ada, token, link)
    _break(ask, monkeypatch)
    reader = ask.as_(administrator)
    for path in ["/audit", "/audit/export", "/members", "/tokens", "/identity-providers", "/exports/assets"]:
        assert reader(path).status == 200, path
    assert ada("/sessions").status == 200
    return sinks


def _misuse(ask: Ask, ada: Browser, token: str, link: str) -> None:
    """Each where it does not belong: what is refused must not be repeated in the refusal."""
    for secret in (FIRST, SECOND, CLIENT_SECRET, token, link):
        ada("/session", "POST", {"email": "ada@example.com", "password": [secret]})
        ada("/session", "POST", {"email": "ada@example.com", "password": secret * 5})
        ada("/session/proof", "POST", {"password": secret, "code": secret + "x" * 40})
        ada("/session/factor", "POST", {"code": secret[:40]})
        ada("/links/use", "POST", {"link": secret, "password": secret})
        ada("/links/accept", "POST", {"link": f"{secret}{secret}"})
        ada("/session/provider/answer", "POST", {"answer": f"code={secret}&state={secret}"})
        ada("/identity-providers", "POST", {"issuer": ISSUER, "name": "X", "client_id": CLIENT, "secret": [secret]})
        ada("/session/password", "PUT", {"old": secret, "new": secret[:14]})
        ask("/me", headers={"authorization": f"Bearer {secret}"})
        ask("/me", headers={"authorization": secret, "cookie": f"flowlens-session={secret}"})
    program = ask.as_(token)
    assert program("/assets").status == 200
    assert program("/members").status == 403


def _break(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of ours, in the middle of a sign-in: what is recorded of it tells no password."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("out of order")

    with monkeypatch.context() as patch:
        patch.setattr(service, "begin", broken)
        patch.setattr("flowlens.access.passwords.holds", lambda *_: True)
        reply = ask(
            "/session", method="POST", body={"email": "ada@example.com", "password": SECOND},
            headers={"sec-fetch-site": "same-origin"},
        )  # fmt: skip
    assert reply.status == 500


def places(sinks: Sinks, said: Callable[[], list[bytes]], postgres: Server, database: str) -> dict[str, list[bytes]]:
    return {
        "answers": [body for _, body in sinks.answers],
        "logs": said(),
        "tables": list(tables(postgres, database)),
        "queues": list(queues()),
    }


def test_no_secret_that_was_planted_is_found_anywhere(
    planted: Sinks, said: Callable[[], list[bytes]], postgres: Server, owner: Connection
) -> None:
    found = places(planted, said, postgres, owner.info.dbname)
    assert len(planted.secrets) > 20
    assert len(found["answers"]) > 60
    assert len(found["tables"]) > 50
    assert any(b"out of order" in text for text in found["logs"])
    assert any(b"sign-in/all" in text for text in found["queues"])
    assert hits(planted, found) == []


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("capped", [True, False])
def test_what_asks_aws_tells_no_secret_at_any_level(said: Callable[[], list[bytes]], *, capped: bool) -> None:
    """And would, if its level were that of the function: botocore writes whole answers at DEBUG."""
    asking = logging.getLogger("botocore")
    kept = asking.level
    asking.setLevel(kept if capped else logging.NOTSET)
    try:
        password = str(secrets.fetch("database")["password"]).encode()
    finally:
        asking.setLevel(kept)
    assert any(password in text for text in said()) is not capped


def test_a_secret_that_leaks_is_found_wherever_that_is(
    planted: Sinks, said: Callable[[], list[bytes]], postgres: Server, owner: Connection, gateway: Ask
) -> None:
    """Each kind of place is given one, by the way in which it would get there."""
    with tenant_transaction(owner, TENANT) as conn:
        detail = {"why": planted.secrets["password"]}
        trail.record(conn, TENANT, actor="ada", action="leak", target="test", detail=detail)
        conn.execute("UPDATE identity_providers SET secret = %s", [CLIENT_SECRET.encode()])
    logging.getLogger("api").warning("refused %s", planted.secrets["seed"])
    leaky = planted.recording(gateway)
    leaky(f"/search?q={planted.secrets['token']}")
    planted.answers.append(("GET /leak", base64.b64encode(b"x:" + planted.secrets["link"].encode())))
    planted.answers.append(("GET /leak", planted.secrets["link"].encode()))
    item = {"subject": {"S": planted.secrets["cookie 0"]}, "stretch": {"S": "1"}}
    boto3.client("dynamodb").put_item(TableName="throttles", Item=item)
    found = hits(planted, places(planted, said, postgres, owner.info.dbname))
    wanted = {"password in tables", "client secret in tables", "seed in logs", "link in answers", "cookie 0 in queues"}
    assert wanted <= set(found)
