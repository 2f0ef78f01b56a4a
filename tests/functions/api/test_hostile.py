"""Whatever a caller sends, the answer is a 4xx that says what to change, or an honest one: never a 5xx."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.api.app import build
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask
from tests.functions.api.test_problems import problem

DESCRIPTION: dict[str, Any] = build().openapi()
GETS = sorted(path for path, item in DESCRIPTION["paths"].items() if "get" in item)
VALUES = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "0",
    "-1",
    "1e400",
    "NaN",
    "9" * 30,
    "9" * 5000,
    str(2**31),
    str(2**63),
    "٣",
    "²",
    "null",
    "' OR 1=1 --",
    "%s %(tenant)s",
    "../../etc/passwd",
    "\ud7ff\uffff🦊",
    "a" * 10_000,
    "10.0.0.0/33",
    "10.0.0.1@",
    "::ffff:10.0.0.1",
    "fe80::1%eth0",
    "internet@99999999999999999999",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "2026-11-23T10:00:00+99:99",
    "2026-11-23T10:00:00-23:59",
    "infinity",
    "1970-01-01T00:00:00Z",
]


@pytest.mark.parametrize("path", GETS)
def test_no_parameter_breaks_a_route(ask: Ask, estate: Estate, path: str) -> None:
    estate.depends("10.0.0.1 > 10.0.0.2")
    estate.source("192.0.2.1")
    parameters = DESCRIPTION["paths"][path]["get"].get("parameters", [])
    place = path
    for parameter in (p for p in parameters if p["in"] == "path"):
        place = place.replace("{" + parameter["name"] + "}", "1")
        for value in VALUES:
            checked(ask(path.replace("{" + parameter["name"] + "}", quote(value, safe=""))))
    for parameter in (p for p in parameters if p["in"] == "query"):
        for value in VALUES:
            checked(ask(place, {parameter["name"]: value}))
        checked(ask(place, {parameter["name"]: ["1", "2"]}))
        checked(ask(place, f"{parameter['name']}=%ff%fe&{parameter['name']}"))


def checked(reply: Any) -> None:
    assert reply.status < 500, reply.body
    if reply.status >= 400:
        problem(reply)


@pytest.mark.parametrize("value", VALUES)
def test_no_header_breaks_a_route(ask: Ask, estate: Estate, value: str) -> None:
    source = estate.source("192.0.2.1")
    sent = value.encode("ascii", "ignore").decode().replace("\x00", "")
    for name in ("if-match", "if-none-match", "authorization", "accept-encoding", "content-length"):
        for method in ("GET", "PATCH"):
            body = {"name": "x"} if method == "PATCH" else None
            checked(ask(f"/sources/{source}", method=method, headers={name: sent}, body=body))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["exporter", "name", "note", "address_space_id", "state", "tenant_id"]),
                inner,
                max_size=6,
            )
        ),
        max_leaves=8,
    )
)
def test_no_body_breaks_a_route(ask: Ask, body: object) -> None:
    for method, path in (("POST", "/sources"), ("POST", "/address-spaces"), ("PATCH", "/sources/1")):
        checked(ask(path, method=method, body=body, headers={"if-match": "*"}))
