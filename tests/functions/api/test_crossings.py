"""What must not get across: into the next request, from another site's page, around a route, into a second line."""

from __future__ import annotations

import io
import json
import logging
import random
import re
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import pytest
from flowlens.access.roles import ADMINISTRATOR
from flowlens.services import assets, sessions
from flowlens.services.sessions import Caller
from flowlens.store.connection import Connection
from psycopg import sql

from functions.api import finish
from functions.api.app import OPEN
from functions.api.deps import database
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply
from tests.functions.api.test_guards import routes
from tests.functions.api.test_matrix import CELLS, browser
from tests.functions.api.test_sessions import enrolled

_SETTINGS = ("tenant", "user", "email", "limits", "secret_digest", "token_digest", "every_tenant", "door")
UNSAFE = [cell for cell in CELLS if cell.method not in ("GET", "HEAD")]


@pytest.fixture
def secret(owner: Connection) -> str:
    """Of an administrator's session."""
    person = enrolled(owner, "ada@example.com", ADMINISTRATOR)
    return sessions.begin(owner, person, "password", Caller("192.0.2.77", "tests"))[0]


def test_nothing_that_one_request_may_see_is_left_for_the_next(
    gateway: Ask, estate: Estate, foreign: Estate, secret: str
) -> None:
    """A thousand by turns on one connection: of both tenants, by token and session, refused, broken and unknown."""
    estate.depends("10.0.0.1 > 10.0.0.2")
    foreign.depends("10.66.0.1 > 10.66.0.2")
    nobody = estate.token(name="nobody")
    asking = {
        "10.0.0.1": [gateway.as_(estate.administrator()), browser(gateway, secret)],
        "10.66.0.1": [gateway.as_(foreign.administrator())],
        "": [gateway.as_(token) for token in (None, "fl_" + "a" * 43, nobody)] + [browser(gateway, "b" * 43)],
    }
    chosen = "SELECT " + ", ".join(f"current_setting('app.{name}', true)" for name in _SETTINGS)
    at_random, conn = random.Random(7), None
    for turn in range(1000):
        shown = at_random.choice(list(asking))
        ask = at_random.choice(asking[shown])
        path = at_random.choice(("/assets", "/assets/987654321", "/dependencies", "/assets?limit=0"))
        reply = ask(path.partition("?")[0], path.partition("?")[2])
        for address in asking:
            assert not address or address == shown or address.encode() not in reply.body, (turn, path)
        if shown and path == "/assets":
            assert shown.encode() in reply.body
        conn = database()()
        assert not any(conn.execute(chosen.encode()).fetchone() or ()), (turn, path)
    assert conn is not None


SITES = [
    {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "none"}, {},
    {"origin": "https://evil.test"}, {"origin": "null"}, {"origin": "http://api.test.evil.test"},
]  # fmt: skip


def by_cookie(gateway: Ask, secret: str, headers: dict[str, str]) -> Ask:
    def transport(method: str, path: str, query: str, sent: dict[str, str], body: bytes) -> Reply:
        return gateway.transport(method, path, query, sent | {"cookie": f"flowlens-session={secret}"} | headers, body)

    return Ask(transport=transport)


def test_no_operation_takes_a_change_from_another_sites_page(gateway: Ask, secret: str) -> None:
    for headers in SITES:
        ask = by_cookie(gateway, secret, headers)
        for cell in UNSAFE:
            reply = ask(cell.path, method=cell.method, body={}, headers={"if-match": "*"})
            assert reply.status == 403, (cell, headers)
            assert "FlowLens's own pages" in reply.json()["detail"]
    assert len(UNSAFE) > 40
    assert by_cookie(gateway, secret, {"sec-fetch-site": "same-origin"})("/me").status == 200  # it was never ended


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_a_body_that_a_form_could_send_is_not_read_as_json(gateway: Ask, secret: str, kind: str) -> None:
    """CVE-2021-32677: a page of another site may send these without asking first."""
    ask = browser(gateway, secret)
    headers = {"content-type": kind, "content-length": "38", "sec-fetch-site": "same-origin"}
    for path in ("/address-spaces", "/sources", "/classification-rules", "/members"):
        reply = ask.transport(
            "POST",
            f"/api/v1{path}",
            "",
            {"host": "api.test", **headers},
            json.dumps({"name": "lab", "exporter": "192.0.2.9"}).encode(),
        )
        assert reply.status in (415, 422), (path, reply.body)
    assert all(one["name"] != "lab" for one in ask("/address-spaces").json()["items"])


# What a GET may leave: that somebody asked.
_TRACES = {"audit_events", "audit_heads", "denials", "sessions", "api_tokens", "users"}


def rows(conn: Connection) -> dict[str, str]:
    """A digest of each table that only changes fill."""
    found = conn.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
    )
    digest = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t"
    names = [name for (name,) in found.fetchall() if name not in _TRACES]
    return {name: str(conn.execute(sql.SQL(digest).format(sql.Identifier(name))).fetchone()) for name in names}


def test_what_only_reads_changes_nothing(ask: Ask, estate: Estate, postgres: Any) -> None:
    estate.depends("10.0.0.1 > 10.0.0.2")
    estate.source("192.0.2.1")
    with postgres.admin(estate.conn.info.dbname) as admin:
        before = rows(admin)
        asked = [ask(cell.path.replace("987654321", "1")) for cell in CELLS if cell.method == "GET"]
        assert sum(reply.status == 200 for reply in asked) > 30
        assert rows(admin) == before


_ROUND = (
    "{0}/", "//{0}", "/./{0}", "{0}/.", "{0}%2f", "{0}%2F..", "{0};a=b", "{0};.css", "{0}/x.css", "{0}.css", "{0}%00",
    "{0}%20", "x/../{0}", "x/%2e%2e/{0}", "x/..;/{0}", "x/%2e%2e%2f{0}", "x/%252e%252e/{0}", "{0}?a", "{0}#a",
    "health/../{0}", "health%2f..%2f{0}", "health/..;/{0}", "{0}/../health/../{0}", "{0}%5c..", "..%5c{0}", "%2e/{0}",
    "openapi.json/../{0}", "{0}/%2e%2e/{0}",
)  # fmt: skip


def spellings(path: str) -> Iterator[str]:
    bare = path.removeprefix("/")
    for form in _ROUND:
        yield "/" + form.format(bare).lstrip("/")
    yield f"/{bare.upper()}"
    yield f"/{bare.title()}"
    yield "/" + "".join(f"%{ord(letter):02x}" for letter in bare)


def test_no_spelling_of_a_path_goes_around_its_guard(gateway: Ask, ask: Ask) -> None:
    """It is the route that matched that is guarded: whoever has nothing gets nothing, whoever may that or no route."""
    ours = (route.path for route in routes() if route.name not in OPEN)
    guarded = sorted({path.removeprefix("/") for path in ours if "{" not in path})
    assert len(guarded) > 25
    for path in guarded:
        for spelling in spellings(f"/{path}"):
            place, _, query = spelling.partition("?")
            reply = gateway(f"/api/v1{place}", query)
            assert reply.status in (401, 404, 405, 422), (spelling, reply.status)
    for path in ("assets", "members", "audit"):
        plain = ask(f"/{path}").status
        for spelling in spellings(f"/{path}"):
            place, _, query = spelling.partition("?")
            assert ask(f"/api/v1{place}", query).status in (plain, 404, 405, 422), spelling


_INTO_LOGS = ("\r\nlevel=ERROR forged", "\x1b[31mred", "\u2028forged", '"},{"level":"ERROR', "\x00", "\x85forged")


@pytest.mark.parametrize("text", _INTO_LOGS)
def test_a_line_of_the_log_stays_one_line(ask: Ask, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a caller writes where a bug then logs it."""

    def broken(*_given: object, **_named: object) -> object:
        raise RuntimeError(text)

    monkeypatch.setattr(assets, "page", broken)
    written = io.StringIO()
    (handler,) = (one for one in finish.logger.handlers if isinstance(one, logging.StreamHandler))
    with patch.object(handler, "stream", written):
        assert ask("/assets", {"q": "x"}, headers={"user-agent": "x"}).status == 500
        ask(f"/assets/{quote(text)}")
    lines = written.getvalue().splitlines()
    assert len(re.split(r"\r\n|[\n\r\x85\u2028\u2029]", written.getvalue().rstrip("\n"))) == len(lines) == 1
    assert json.loads(lines[0])["message"] == "unhandled"
    assert "\x1b" not in lines[0]
