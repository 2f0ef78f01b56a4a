"""Saved views and dashboards: whose they are, their versions, and what they name that is gone."""

from __future__ import annotations

from typing import Any

import pytest
from flowlens.store.connection import tenant_transaction

from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask, Reply
from tests.postgres import TENANT

_MAP = {"g": "network", "q": "port=443", "last": "1d", "pins": {"10.1.0.1@1": {"x": 1.5, "y": -2}}}


def save(ask: Ask, **said: object) -> dict[str, Any]:
    reply = ask("/views", method="POST", body={"name": "Billing", "map": _MAP} | said)
    assert reply.status == 201, reply.body
    return dict(reply.json())


def change(ask: Ask, view: int, version: int, **said: object) -> Reply:
    return ask(f"/views/{view}", method="PATCH", body=said, headers={"if-match": f'"{version}"'})


def test_a_view_comes_back_as_it_was_kept(ask: Ask, estate: Estate) -> None:
    estate.depends("10.1.0.1 > 10.2.0.1")
    made = save(ask, note="weekly")
    assert (made["map"] | {"pins": None}, made["mine"], made["gone"]) == (
        made["map"] | _MAP | {"pins": None},
        True,
        [],
    )
    found = ask(f"/views/{made['id']}")
    assert found.headers["etag"] == '"1"'
    assert found.json() == made
    assert [one["name"] for one in ask("/views", {"kind": "map"}).json()["items"]] == ["Billing"]
    assert ask("/views", {"kind": "dashboard"}).json()["items"] == []


def test_what_was_exported_can_be_imported(ask: Ask, estate: Estate) -> None:
    estate.depends("10.1.0.1 > 10.2.0.1")
    made = save(ask)
    again = save(ask, name="Copy", map=made["map"])
    assert again["map"] == made["map"]


def test_a_change_names_the_version_it_was_made_against(ask: Ask) -> None:
    made = save(ask)
    assert change(ask, made["id"], 1, name="Payments").json()["version"] == 2
    late = change(ask, made["id"], 1, name="Invoices")
    assert (late.status, late.headers["etag"]) == (412, '"2"')
    assert ask(f"/views/{made['id']}", method="PATCH", body={"name": "x"}).status == 428
    assert ask(f"/views/{made['id']}").json()["name"] == "Payments"


def test_a_name_is_taken_once(ask: Ask) -> None:
    first, second = save(ask), save(ask, name="Other")
    assert ask("/views", method="POST", body={"name": "Billing", "map": {}}).status == 409
    assert change(ask, second["id"], 1, name="Billing").status == 409
    assert change(ask, first["id"], 1, name="Billing").status == 200
    assert save(ask, map=None, dashboard={"widgets": []})["kind"] == "dashboard"  # another kind, another name


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x"},
        {"name": "x", "map": {}, "dashboard": {"widgets": []}},
        {"name": "x", "map": {"colour": "red"}},
        {"name": "x", "map": {"pins": {"a": {"x": 1e30, "y": 0}}}},
        {"name": "x", "dashboard": {"widgets": [{"kind": "clock"}]}},
        {"name": " ", "map": {}},
        {"name": "x", "map": {}, "owner": "other"},
        {"name": "x", "map": {}, "audience": ["no-such-role"]},
    ],
)
def test_what_is_no_view_is_not_kept(ask: Ask, body: dict[str, object]) -> None:
    assert ask("/views", method="POST", body=body).status == 422
    assert ask("/views").json()["items"] == []


def test_a_map_stays_a_map(ask: Ask) -> None:
    made = save(ask)
    assert change(ask, made["id"], 1, dashboard={"widgets": []}).status == 422
    assert ask(f"/views/{made['id']}").json()["map"]["q"] == "port=443"


def test_others_see_what_is_shared_and_change_what_they_may(ask: Ask, estate: Estate, gateway: Ask) -> None:
    reads = gateway.as_(estate.token("topology:read", name="reader"))
    writes = gateway.as_(estate.token("topology:read", "views:write", name="writer"))
    shares = gateway.as_(estate.token("topology:read", "views:write", "views:share", name="sharer"))
    made = save(ask)
    path = f"/views/{made['id']}"
    for other in (reads, writes, shares):
        assert (other(path).status, other("/views").json()["items"]) == (404, [])
    assert change(writes, made["id"], 1, name="mine now").status == 404
    assert change(ask, made["id"], 1, audience=["all"]).status == 200
    assert [one["mine"] for one in reads("/views").json()["items"]] == [False]
    assert change(reads, made["id"], 2, name="x").status == 403
    assert change(writes, made["id"], 2, name="x").status == 403
    assert change(shares, made["id"], 2, note="reviewed").json()["note"] == "reviewed"
    own = save(writes, name="Own")
    assert change(writes, own["id"], 1, audience=["all"]).status == 403
    assert writes(f"/views/{own['id']}", method="DELETE", headers={"if-match": '"1"'}).status == 204


def test_another_tenant_sees_nothing_shared_or_not(ask: Ask, gateway: Ask, foreign: Estate) -> None:
    made = save(ask, audience=["all"])
    theirs = gateway.as_(foreign.administrator())
    assert theirs("/views").json()["items"] == []
    assert theirs(f"/views/{made['id']}").status == 404
    assert theirs(f"/views/{made['id']}", method="DELETE", headers={"if-match": "*"}).status == 404
    assert ask(f"/views/{made['id']}").status == 200


def test_a_view_says_what_it_names_and_is_gone(ask: Ask, estate: Estate) -> None:
    estate.depends("10.1.0.1 > 10.2.0.1")
    space = estate.default_space()
    state = {
        "g": "team",
        "space": 999,
        "open": [f"10.1.0.0/24@{space}", f"10.99.0.0/24@{space}", f"site=Atlantis@{space}"],
        "sel": f"10.1.0.1@{space}>10.88.0.1@{space}",
        "q": "env=nowhere and name=x",
        "pins": {f"10.2.0.1@{space}": {"x": 0, "y": 0}, f"10.77.0.1@{space}": {"x": 0, "y": 0}},
    }
    made = save(ask, map=state)
    assert sorted((one["what"], one["name"].split("@")[0]) for one in made["gone"]) == [
        ("attribute", "team"),
        ("node", "10.77.0.1"),
        ("node", "10.88.0.1"),
        ("node", "10.99.0.0/24"),
        ("node", "site=Atlantis"),
        ("space", "999"),
        ("value", "environment=nowhere"),
    ]
    assert save(ask, name="All of them", map={"space": 0})["gone"] == []


def test_each_change_has_its_audit_line(ask: Ask, estate: Estate) -> None:
    made = save(ask)
    change(ask, made["id"], 1, note="x")
    ask(f"/views/{made['id']}", method="DELETE", headers={"if-match": '"2"'})
    target = f"view {made['id']}"
    with tenant_transaction(estate.conn, TENANT) as conn:
        found = conn.execute("SELECT action FROM audit_events WHERE target = %s ORDER BY audit_event_id", (target,))
        assert [action for (action,) in found] == ["view.create", "view.update", "view.delete"]
