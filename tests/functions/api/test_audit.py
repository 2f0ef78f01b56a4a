"""The audit trail: in the transaction of the change, without gaps, read and exported by those who may."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flowlens.aws import archive
from flowlens.kit import trail
from flowlens.services import heads
from flowlens.store import audit
from flowlens.store.connection import Connection, connect, tenant_transaction
from psycopg import Rollback, errors

from functions.api.settings import settings
from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask
from tests.postgres import APP, OTHER, TENANT, Server


def noted(conn: Connection, count: int = 1, *, detail: dict[str, object] | None = None) -> None:
    for number in range(count):
        with tenant_transaction(conn, TENANT):
            audit.record(conn, TENANT, actor="ada", action="test", target=f"thing {number}", detail=detail or {})


def test_an_export_is_what_the_verifier_reads(ask: Ask, owner: Connection) -> None:
    said = {"text": "Müller \x00 \ud800 \u2028", "many": [1, None, True, 2**70], "half": 0.5, "deep": {"a": {"b": "c"}}}
    noted(owner, 3, detail=said)
    reply = ask("/audit/export")
    checker, fault = trail.check(reply.body.decode().strip().split("\n"))
    assert fault is None
    assert checker.number == 4
    assert ask("/audit/check").json() == {"events": 4, "head": checker.hash.hex(), "anchored": 0, "fault": None}
    reply = ask("/audit/export", "after=2")
    assert reply.status == 200, reply.body
    part = reply.body.decode().strip().split("\n")
    assert trail.check(part)[1] is None
    assert ask("/audit/export", "after=99").status == 422


def test_many_at_once_leave_no_gap(owner: Connection, postgres: Server, ask: Ask) -> None:
    def work(_: int) -> None:
        with connect(postgres.secret(APP, owner.info.dbname)) as conn:
            noted(conn, 10)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert ask("/audit/check").json()["events"] == 80
    assert ask("/audit/check").json()["fault"] is None


def test_a_change_that_fails_leaves_neither_event_nor_gap(owner: Connection, ask: Ask) -> None:
    noted(owner)
    with tenant_transaction(owner, TENANT):
        audit.record(owner, TENANT, actor="ada", action="test", target="x", detail={})
        raise Rollback
    noted(owner)
    assert [event["number"] for event in ask("/audit").json()["items"]] == [2, 1]


def test_what_cannot_be_noted_is_not_done(ask: Ask, estate: Estate, postgres: Server) -> None:
    source = estate.source("192.0.2.1")
    change = {"method": "PATCH", "body": {"name": "mine"}, "headers": {"if-match": '"1"'}}
    with postgres.admin(estate.conn.info.dbname) as admin:
        admin.execute("REVOKE INSERT ON audit_events FROM flowlens_app")
        try:
            assert ask(f"/sources/{source}", **change).status in (403, 500)  # type: ignore[arg-type]
        finally:
            admin.execute("GRANT INSERT ON audit_events TO flowlens_app")
    assert ask(f"/sources/{source}").json()["name"] == ""
    assert ask(f"/sources/{source}", **change).status == 200  # type: ignore[arg-type]


def test_events_stay_as_they_are_even_for_the_owner(owner: Connection) -> None:
    noted(owner)
    for statement in ("UPDATE audit_events SET actor = 'eve'", "DELETE FROM audit_events"):
        with pytest.raises(errors.InsufficientPrivilege), tenant_transaction(owner, TENANT):
            owner.execute(statement.encode())


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_events SET actor = 'eve' WHERE number = 2",
        "UPDATE audit_events SET detail = '{\"a\": 1}' WHERE number = 1",
        "DELETE FROM audit_events WHERE number = 2",
        "DELETE FROM audit_events WHERE number = 3",
        "DELETE FROM audit_events",
        "UPDATE audit_heads SET number = 2",
    ],
)
def test_whoever_owns_the_database_is_found_out(ask: Ask, owner: Connection, postgres: Server, tampering: str) -> None:
    noted(owner, 3)
    with postgres.admin(owner.info.dbname) as admin, admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute(tampering.encode())
    assert ask("/audit/check").json()["fault"] is not None


def test_a_denied_attempt_is_an_event_that_names_the_route_alone(gateway: Ask, estate: Estate, ask: Ask) -> None:
    nobody = gateway.as_(estate.token("assets:read", name="nobody"))
    assert nobody("/sources/12345678").status == 403
    found = ask("/audit", "action=denied").json()["items"]
    assert [(event["actor"], event["target"]) for event in found] == [("nobody", "GET /sources/{source_id}")]
    assert "sources:read" in found[0]["detail"]["reason"]
    assert found[0]["detail"]["by"].startswith("token:")


def test_events_are_found_by_who_what_and_when(ask: Ask, owner: Connection) -> None:
    noted(owner, 3)
    with tenant_transaction(owner, TENANT):
        audit.record(owner, TENANT, actor="Grace", action="other.thing", target="x", detail={"who": "50%"})
    assert len(ask("/audit", "limit=2").json()["items"]) == 2
    second = ask("/audit", f"limit=2&cursor={ask('/audit', 'limit=2').json()['next_cursor']}").json()
    assert [event["number"] for event in second["items"]] == [2, 1]
    for query, count in (
        ("actor=grace", 1),
        ("action=other.", 1),
        ("action=thing", 0),
        ("q=50%25", 1),
        ("q=%25", 1),
        ("from=2001-01-01T00:00:00Z&to=2002-01-01T00:00:00Z", 0),
    ):
        assert len(ask("/audit", query).json()["items"]) == count, query


def test_a_trail_is_a_tenants_own(ask: Ask, owner: Connection) -> None:
    with tenant_transaction(owner, OTHER):
        audit.record(owner, OTHER, actor="eve", action="test", target="x", detail={})
    assert ask("/audit").json()["items"] == []
    assert OTHER.hex not in ask("/audit/export").body.decode().replace("-", "")


@pytest.fixture
def signs(ask: Ask, owner: Connection) -> Callable[[], heads.Signed]:  # noqa: ARG001
    """What the workflow's task does."""
    kept = archive.at(settings().heads_url)
    return lambda: heads.sign(owner, kept, "alias/audit-signing", lambda: True)


def verified(ask: Ask) -> tuple[trail.Checker, trail.Fault | None]:
    """As an auditor does it: heads and key first, then the trail."""
    told = ask("/audit/heads").body.decode().splitlines()
    found = trail.Heads.read(told, [trail.PublicKey.read(ask("/audit/signing").json()["key"])])
    assert found.fault is None
    return trail.check(ask("/audit/export").body.decode().strip().split("\n"), heads=found)


def test_heads_are_signed_and_a_trail_is_confirmed_by_them(
    ask: Ask, owner: Connection, signs: Callable[[], heads.Signed]
) -> None:
    noted(owner, 3)
    before = ask("/audit/signing").json()
    assert (before["signed"], before["signed_at"], before["unsigned"], before["overdue"]) == (0, None, 3, False)
    assert signs() == heads.Signed(1, {})
    after = ask("/audit/signing").json()
    assert (after["signed"], after["unsigned"]) == (3, 0)
    assert after["signed_at"] is not None
    assert signs() == heads.Signed(0, {})
    checker, fault = verified(ask)
    assert (fault, checker.confirmed, checker.number) == (None, 3, 5)
    noted(owner, 4)
    assert signs().heads == 1
    assert len(ask("/audit/heads").body.splitlines()) == 2
    assert verified(ask)[1] is None


def test_a_trail_that_waits_for_its_signature_too_long_says_so(ask: Ask, owner: Connection, signs: object) -> None:  # noqa: ARG001
    noted(owner)
    owner.execute("ALTER TABLE audit_events DISABLE TRIGGER audit_events_stay")
    with tenant_transaction(owner, TENANT):
        owner.execute("UPDATE audit_events SET at = now() - interval '21 minutes'")
    owner.execute("ALTER TABLE audit_events ENABLE TRIGGER audit_events_stay")
    assert ask("/audit/signing").json()["overdue"] is True


@pytest.mark.parametrize("what", ["made anew", "cut off", "made anew and said to be unsigned"])
def test_what_is_not_what_was_signed_before_is_not_signed(
    ask: Ask, owner: Connection, signs: Callable[[], heads.Signed], what: str
) -> None:
    """Whoever owns the database makes the chain anew, with right links: only what was signed gives them away."""
    noted(owner, 5)
    assert signs().heads == 1
    anew(owner, 3 if what == "cut off" else 7)
    if what.endswith("unsigned"):
        with tenant_transaction(owner, TENANT):
            owner.execute("UPDATE audit_heads SET anchored = 0, signed_at = NULL")
    done = signs()
    assert done.heads == 0
    assert set(done.broken) == {TENANT}
    assert "signed" in done.broken[TENANT]
    assert len(ask("/audit/heads").body.splitlines()) == 1
    fault = verified(ask)[1]
    assert fault is not None
    assert "signed" in fault.said


def anew(owner: Connection, count: int) -> None:
    owner.execute("ALTER TABLE audit_events DISABLE TRIGGER audit_events_stay")
    with tenant_transaction(owner, TENANT):
        owner.execute("DELETE FROM audit_events")
        owner.execute("DELETE FROM audit_heads")
    owner.execute("ALTER TABLE audit_events ENABLE TRIGGER audit_events_stay")
    noted(owner, count, detail={"by": "eve"})


def test_heads_of_another_tenant_are_not_told(ask: Ask, foreign: Estate, signs: Callable[[], heads.Signed]) -> None:
    with tenant_transaction(foreign.conn, OTHER) as conn:
        audit.record(conn, OTHER, actor="eve", action="test", target="thing", detail={})
    assert signs().heads == 1
    assert ask("/audit/heads").body == b""
