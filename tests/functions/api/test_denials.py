"""Denied attempts are in the audit trail, and a flood of them neither fills it nor hides anybody in it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flowlens.access import passwords
from flowlens.access.roles import VIEWER
from flowlens.services import denials
from flowlens.store import passwords as kept
from flowlens.store.connection import Connection, connect, person_transaction, tenant_transaction

from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask
from tests.functions.api.test_sessions import MINE, Browser, enrolled
from tests.postgres import APP, OTHER, TENANT, Server

Line = dict[str, Any]


def lines(ask: Ask, action: str = "denied") -> list[Line]:
    """The oldest first; and the chain holds."""
    assert ask("/audit/check").json()["fault"] is None
    return list(reversed(ask("/audit", f"action={action}&limit=500").json()["items"]))


def later(owner: Connection, by: timedelta = denials.STRETCH) -> None:
    """As if all that was counted had come so much earlier."""
    with tenant_transaction(owner, TENANT) as conn:
        conn.execute("UPDATE denials SET since = since - %(by)s, last_at = last_at - %(by)s", {"by": by})


def counted(owner: Connection) -> int:
    with tenant_transaction(owner, TENANT) as conn:
        return int(conn.execute("SELECT coalesce(sum(times), 0) FROM denials").fetchall()[0][0])


def settle(postgres: Server, owner: Connection) -> int:
    """As the task does before it signs the heads."""
    with connect(postgres.secret(APP, owner.info.dbname)) as conn:
        return denials.settle(conn, TENANT)


def test_a_flood_of_one_attempt_is_two_lines(
    gateway: Ask, ask: Ask, estate: Estate, owner: Connection, postgres: Server
) -> None:
    nobody = gateway.as_(estate.token("assets:read", name="nobody"))
    assert {nobody(f"/sources/{number}").status for number in range(30)} == {403}
    (first,) = lines(ask)
    assert (first["actor"], first["target"], "times" in first["detail"]) == (
        "nobody",
        "GET /sources/{source_id}",
        False,
    )
    assert settle(postgres, owner) == 0  # the stretch is not over
    later(owner)
    assert settle(postgres, owner) == 1
    _, gathered = lines(ask)
    assert (gathered["actor"], gathered["target"], gathered["detail"]["times"]) == (
        "nobody",
        "GET /sources/{source_id}",
        29,
    )
    assert gathered["detail"]["since"] <= gathered["detail"]["last"]
    assert gathered["detail"]["by"] == first["detail"]["by"]
    assert settle(postgres, owner) == 0
    assert nobody("/sources/1").status == 403
    assert len(lines(ask)) == 3  # and the next one is new


def test_a_flood_that_goes_on_is_a_line_for_each_stretch(
    gateway: Ask, ask: Ask, estate: Estate, owner: Connection
) -> None:
    nobody = gateway.as_(estate.token("assets:read", name="nobody"))
    for _ in range(4):
        for _ in range(5):
            assert nobody("/sources").status == 403
        later(owner)
    assert [one["detail"].get("times", 1) for one in lines(ask)] == [1, 5, 5, 5]
    assert counted(owner) == 4


def test_another_actor_route_or_reason_is_another_line(gateway: Ask, ask: Ask, estate: Estate) -> None:
    for name in ("one", "two"):
        nobody = gateway.as_(estate.token("assets:read", name=name))
        for path in ("/sources", "/members", "/sources"):
            assert nobody(path).status == 403
    told = [(one["actor"], one["target"]) for one in lines(ask)]
    assert told == [(name, f"GET {path}") for name in ("one", "two") for path in ("/sources", "/members")]


def test_whoever_goes_along_numbers_is_two_lines_whosever_they_are(
    gateway: Ask, ask: Ask, estate: Estate, foreign: Estate, owner: Connection, postgres: Server
) -> None:
    """Numbers of another tenant and numbers of nobody: the first is named, the others are counted."""
    eve = gateway.as_(estate.token("sources:read", "sources:write", name="eve"))
    theirs = foreign.source("192.0.2.66")
    assert [eve(f"/sources/{number}").status for number in (theirs, *range(900_000, 900_020))] == [404] * 21
    assert eve(f"/sources/{theirs}", method="DELETE", headers={"if-match": "*"}).status == 404
    first, other = lines(ask, "denied.unknown")
    assert (first["actor"], first["target"]) == ("eve", "GET /sources/{source_id}")
    assert first["detail"]["named"] == f"source_id {theirs}"
    assert first["detail"]["reason"] == other["detail"]["reason"]
    assert other["target"] == "DELETE /sources/{source_id}"
    assert counted(owner) == 20
    later(owner)
    assert settle(postgres, owner) == 1
    assert lines(ask, "denied.unknown")[-1]["detail"]["times"] == 20


def test_beyond_two_hundred_kinds_all_others_are_one(
    ask: Ask, owner: Connection, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or whoever makes up something new each time would fill the trail."""
    monkeypatch.setattr(denials, "MOST", 10)
    with connect(postgres.secret(APP, owner.info.dbname)) as conn:
        for number in range(60):
            denials.note(conn, TENANT, actor="eve", action="denied", target="sign-in", detail={"why": f"{number}"})
        denials.note(conn, TENANT, actor="eve", action="denied", target="sign-in", detail={"why": "3"})  # a known one
    told = lines(ask)
    assert [one["target"] for one in told] == ["sign-in"] * 10 + ["others"]
    later(owner)
    assert settle(postgres, owner) == 2
    assert {one["target"]: one["detail"]["times"] for one in lines(ask)[11:]} == {"others": 49, "sign-in": 1}


def test_many_at_once_are_counted_each(ask: Ask, owner: Connection, postgres: Server) -> None:
    def flood(_: int) -> None:
        with connect(postgres.secret(APP, owner.info.dbname)) as conn:
            for _ in range(10):
                denials.note(conn, TENANT, actor="eve", action="denied", target="GET /x", detail={"reason": "no"})

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(flood, range(6)))
    assert (len(lines(ask)), counted(owner)) == (1, 59)
    later(owner)
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(lambda _: settle(postgres, owner), range(3))) == 1
    assert lines(ask)[-1]["detail"]["times"] == 59


def test_what_is_refused_at_the_door_is_gathered_too(gateway: Ask, ask: Ask, owner: Connection) -> None:
    user = enrolled(owner, "ada@example.com", VIEWER)
    with person_transaction(owner, user=user) as conn:
        kept.keep(conn, user, passwords.hashed(MINE))
    for _ in range(4):
        assert Browser(gateway).sign_in(password="wrong" * 4).status == 401
    (line,) = lines(ask, "session.refuse")
    assert (line["actor"], counted(owner)) == ("ada@example.com", 3)


def test_one_tenants_attempts_are_not_anothers(ask: Ask, owner: Connection, postgres: Server) -> None:
    with connect(postgres.secret(APP, owner.info.dbname)) as conn:
        for tenant in (TENANT, OTHER, OTHER):
            denials.note(conn, tenant, actor="eve", action="denied", target="GET /x", detail={"reason": "no"})
    later(owner)
    assert (len(lines(ask)), counted(owner), settle(postgres, owner)) == (1, 0, 0)
