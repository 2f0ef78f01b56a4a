"""Ids and fields that nobody should send: those of another tenant wherever one is named, and columns of no body."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4
from zlib import crc32

import pytest
from flowlens.access.roles import ADMINISTRATOR, VIEWER
from flowlens.services import sessions
from flowlens.services.sessions import Caller
from flowlens.store.connection import Connection, tenant_transaction

from functions.api.app import BASE, build
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply
from tests.functions.api.test_matrix import browser
from tests.functions.api.test_sessions import enrolled
from tests.postgres import OTHER, TENANT

DESCRIPTION: dict[str, Any] = build().openapi()
_SCHEMAS: dict[str, Any] = DESCRIPTION["components"]["schemas"]
_NOBODYS = 987_654_321


@dataclass(frozen=True)
class Place:
    """Where an id of some kind is named: in the query, or at a path within the body of an operation."""

    method: str
    path: str
    kind: str
    query: str = ""
    within: tuple[str | int, ...] = ()


PLACES = [
    *(Place("GET", path, "space", query="space") for path in ("/topology", "/assets", "/dependencies", "/exports/map")),
    Place("GET", "/topology/timeline", "space", query="space"),
    Place("GET", "/dependencies", "asset", query="client"),
    Place("GET", "/dependencies", "asset", query="server"),
    Place("GET", "/attempts", "space", query="address_space_id"),
    Place("POST", "/views", "space", within=("map", "space")),
    Place("POST", "/classification-rules", "space", within=("address_space_id",)),
    Place("POST", "/classification-rules/preview", "space", within=("rule", "address_space_id")),
    Place("POST", "/classification-rules/preview", "rule", within=("rule_id",)),
    Place("PUT", "/classification-rules/{rule_id}", "space", within=("address_space_id",)),
    Place("POST", "/sources", "space", within=("address_space_id",)),
    Place("PATCH", "/sources/{source_id}", "space", within=("address_space_id",)),
    Place("POST", "/imports/selection", "asset", within=("ids", 0)),
    Place("POST", "/members", "role", within=("role_id",)),
    Place("POST", "/members/{user_id}/grants", "role", within=("role_id",)),
    Place("PUT", "/session/tenant", "tenant", within=("tenant_id",)),
    Place("POST", "/session/provider/again", "provider", within=("provider_id",)),
    Place("POST", "/identity-providers", "role", within=("role_id",)),
]


def example(method: str, path: str) -> Any:
    schema = _body(DESCRIPTION["paths"][BASE + path][method.lower()])
    return copy.deepcopy(_SCHEMAS[schema]["examples"][0]) if schema else None


def _body(operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]


@pytest.fixture
def theirs(foreign: Estate) -> dict[str, object]:
    """Another tenant's ids, by kind."""
    return {**_ids(foreign), "tenant": OTHER}


def _ids(estate: Estate) -> dict[str, object]:
    with tenant_transaction(estate.conn, estate.tenant) as conn:
        ((role,),) = conn.execute("SELECT role_id FROM roles WHERE builtin = 'viewer'").fetchall()
        ((rule,),) = conn.execute(
            """INSERT INTO classification_rules (tenant_id, address_space_id, network, attributes, actor)
               VALUES (%s, %s, '10.66.0.0/16', '{}', 'tests') RETURNING rule_id""",
            [estate.tenant, estate.default_space()],
        ).fetchall()
        ((provider,),) = conn.execute(
            """INSERT INTO identity_providers (tenant_id, name, issuer, client_id, algorithm, enabled, shown, kind)
               VALUES (%s, 'Okta', %s, 'x', 'RS256', true, true, 'oidc') RETURNING provider_id""",
            [estate.tenant, f"https://{uuid4()}.example"],
        ).fetchall()
    asset = estate.asset("10.66.0.1")
    return {"role": role, "rule": rule, "provider": provider, "asset": asset, "space": estate.space("lab")}


def _asked(ask: Ask, place: Place, own: dict[str, object], id: object) -> Reply:
    path = re.sub(r"\{(\w+)_id\}", lambda match: str(own[match[1]]), place.path)
    body = example(place.method, place.path)
    if place.within:
        *way, last = place.within
        at = body
        for step in way:
            at = at[step]
        at[last] = id if isinstance(id, int) else str(id)
        if last == 0:
            del at[1:]
        if "name" in body:
            body["name"] = "as it is called"
    query = {place.query: id} if place.query else ""
    return ask(path, query, method=place.method, body=body, headers=_HEADERS)


def said(reply: Reply, id: object) -> tuple[int, str]:
    """All of it, but for what differs from request to request, and the id itself."""
    text = re.sub(r'"(request_id|as_of|change|version)":"[^"]*"', "", reply.body.decode())
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "then", re.sub(r'"id":\d+', '"id":1', text))
    return reply.status, re.sub(rf"(?<![\w.]){id}(?![\w.@])", "#", text)


@pytest.fixture
def signed_in(owner: Connection, gateway: Ask) -> Ask:
    person = enrolled(owner, "ada@example.com", ADMINISTRATOR)
    secret, _ = sessions.begin(owner, person, "password", Caller("192.0.2.77", "tests"))
    return browser(gateway, secret)


@pytest.mark.parametrize("place", PLACES, ids=lambda one: f"{one.method} {one.path} {one.query or one.within}")
def test_an_id_of_another_tenant_is_as_good_as_none_wherever_it_is_named(
    signed_in: Ask, estate: Estate, owner: Connection, theirs: dict[str, object], place: Place
) -> None:
    own = {**_ids(estate), "source": estate.source("192.0.2.50"), "user": enrolled(owner, "bob@example.com", VIEWER)}
    estate.depends("10.66.0.1 > 10.66.0.2")
    nobodys = uuid4() if place.kind in ("tenant", "provider") else _NOBODYS
    missing = _asked(signed_in, place, own, nobodys)
    if missing.status == 201:  # nobody looks it up: a view of a space that is none shows nothing
        assert place.within == ("map", "space")
        signed_in(f"{place.path}/{missing.json()['id']}", method="DELETE", headers=_HEADERS)
    other = _asked(signed_in, place, own, theirs[place.kind])
    assert said(other, theirs[place.kind]) == said(missing, nobodys)
    assert b"10.66" not in other.body or place.kind == "asset"
    known = TENANT if place.kind == "tenant" else own[place.kind]
    if place.within and missing.status != 201:
        assert said(_asked(signed_in, place, own, known), known) != said(missing, nobodys), "the id is looked at"


def test_every_place_of_an_id_is_swapped() -> None:
    """By the names of fields: whoever adds one that names something adds it here too."""
    named = {(place.method, place.path, place.query or place.within[0]) for place in PLACES}
    for path, item in DESCRIPTION["paths"].items():
        for method, operation in item.items():
            found = set(_SCHEMAS.get(_body(operation), {}).get("properties", {}))
            found |= {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
            for name in found & _NAMES:
                here = (method.upper(), path.removeprefix(BASE), name)
                assert here in named or here[:2] in _ELSEWHERE, here


_NAMES = {"space", "role_id", "address_space_id", "rule_id", "ids", "tenant_id", "provider_id"}
_ELSEWHERE = {
    ("GET", "/topology/comparison"), ("GET", "/topology/path"),  # they read as /topology does
    ("PATCH", "/identity-providers/{provider_id}"),  # as the POST
    ("POST", "/session/provider"),  # anybody may ask, of any tenant's provider that is open: test_entering.py
}  # fmt: skip


def operations() -> Iterator[tuple[str, str, str]]:
    for path, item in DESCRIPTION["paths"].items():
        for method, operation in item.items():
            if schema := _body(operation):
                yield method.upper(), path.removeprefix(BASE), schema


_COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
_HEADERS = {"if-match": "*", "origin": "http://api.test"}
ALWAYS = frozenset({"tenant_id", "is_admin"})
HIDDEN = (
    "tenant_id", "tenant", "user_id", "role", "is_admin", "admin", "password_hash", "digest", "secret_hash", "version",
    "owner", "created_at", "disabled_at", "accepted_at", "builtin", "granted_by", "last_used_at", "__proto__",
)  # fmt: skip


def test_no_column_is_set_that_a_body_does_not_have(ask: Ask, estate: Estate, owner: Connection) -> None:
    """What is refused names the field; so nothing of it was read. Others of the columns in each operation."""
    own = {**_ids(estate), "source": estate.source("192.0.2.50"), "user": enrolled(owner, "bob@example.com", VIEWER)}
    columns = {name for (name,) in owner.execute(_COLUMNS)}
    tried, unnamed = 0, []
    for method, path, schema in operations():
        place = re.sub(r"\{(\w+)_id\}", lambda match: str(own.get(match[1], 1)), path)
        lacking = {*HIDDEN, *columns} - set(_SCHEMAS[schema].get("properties", {}))
        for name in sorted(one for one in lacking if one in ALWAYS or not crc32(f"{schema} {one}".encode()) % 24):
            reply = ask(place, method=method, body={**example(method, path), name: 1}, headers=_HEADERS)
            tried += 1
            if reply.status == 422 and f"/body/{name}" not in reply.body.decode():
                unnamed.append((method, path, name, reply.body[:200]))
            assert reply.status in (401, 403, 422), (method, path, name, reply.body[:200])
    assert unnamed == []
    assert tried > 250
