"""What events are about is shown by name: as it is called now, and as it was called then."""

from __future__ import annotations

from uuid import uuid4

from flowlens.access.roles import VIEWER
from flowlens.store import audit
from flowlens.store.connection import Connection, tenant_transaction
from psycopg import sql

from tests.functions.api.estate import Estate
from tests.functions.api.gateway import Ask
from tests.functions.api.test_matrix import CELLS, questions
from tests.functions.api.test_sessions import enrolled
from tests.postgres import OTHER, TENANT

# Of each kind of target: table, id, name, and what else its row must have.
_MORE: dict[str, object] = {"kind": "map", "owner": "x", "owner_name": "x", "state": "{}"}
_PROVIDER: dict[str, object] = {
    "issuer": "https://id", "client_id": "x", "kind": "oidc", "algorithm": "RS256", "secret": b"x",
    "enabled": True, "shown": True,
}  # fmt: skip
_KINDS: dict[str, tuple[str, str, str, dict[str, object]]] = {
    "token": ("api_tokens", "api_token_id", "laptop", {"digest": b"", "permissions": []}),
    "role": ("roles", "role_id", "night watch", {"note": "", "permissions": []}),
    "feed": ("feeds", "feed_id", "office", {"kind": "aws_vpc", "settings": "{}"}),
    "view": ("views", "view_id", "payments", _MORE),
    "upload": ("uploads", "upload_id", "monday.gz", {"octets": 1, "actor": "x"}),
    "import": ("imports", "import_id", "cmdb.csv", {"kind": "assets", "actor": "x"}),
    "address space": ("address_spaces", "address_space_id", "lab", {}),
    "provider": ("identity_providers", "provider_id", "Okta", _PROVIDER),
}


def made(estate: Estate) -> dict[str, str]:
    """By target what it is called: one of each kind, of this tenant."""
    found = {}
    for kind, (table, id, name, more) in _KINDS.items():
        row = {"tenant_id": estate.tenant, "name": name, **more}
        if "digest" in row:
            row["digest"] = uuid4().bytes
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING {}").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join([sql.Placeholder()] * len(row)),
            sql.Identifier(id),
        )
        with tenant_transaction(estate.conn, estate.tenant) as conn:
            ((number,),) = conn.execute(statement, list(row.values())).fetchall()
        found[f"{kind} {number}"] = name
    found[f"source {estate.source('192.0.2.1')}"] = "192.0.2.1"
    found[f"asset {estate.asset('10.0.0.1')}"] = "10.0.0.1"
    return found


def noted(conn: Connection, *targets: str, detail: dict[str, object] | None = None) -> None:
    with tenant_transaction(conn, TENANT):
        for target in targets:
            audit.record(conn, TENANT, actor="ada", action="test", target=target, detail=detail or {})


def names(ask: Ask) -> dict[str, tuple[str | None, str | None]]:
    items = ask("/audit", "action=test&limit=500").json()["items"]
    return {one["target"]: (one["name"], one["named"]) for one in items}


def test_what_is_there_is_shown_by_its_name(ask: Ask, estate: Estate, owner: Connection) -> None:
    wanted = made(estate)
    ada = f"user {enrolled(owner, 'ada@example.com', VIEWER)}"
    noted(owner, *wanted, ada, f"tenant {TENANT}", ada.replace(" ", ":"))
    wanted |= {ada: "ada@example.com", ada.replace(" ", ":"): "ada@example.com", f"tenant {TENANT}": "Default"}
    rule = ask("/classification-rules", method="POST", body={"network": "10.9.0.0/16", "attributes": {"site": "Ulm"}})
    noted(owner, f"classification rule {rule.json()['id']}")
    wanted[f"classification rule {rule.json()['id']}"] = "10.9.0.0/16"
    assert names(ask) == {target: (name, None) for target, name in wanted.items()}


def test_what_is_another_tenants_or_nobodys_has_no_name(
    ask: Ask, estate: Estate, foreign: Estate, owner: Connection
) -> None:
    theirs, ours = made(foreign), made(estate)
    stranger = enrolled(owner, "eve@example.com", VIEWER, tenant=OTHER)
    missing = [f"{target.rpartition(' ')[0]} {2**31 - 1}" for target in ours if "provider" not in target]
    odd = [
        "sign-in",
        "user nobody",
        f"user {stranger}",
        f"tenant {OTHER}",
        f"session {uuid4()}",
        "role 99999999999999999999",
    ]
    wanted = {*theirs, *missing, *odd} - set(ours)
    noted(owner, *wanted)
    assert names(ask) == dict.fromkeys(wanted, (None, None))


def test_what_it_was_called_then_stays_when_it_goes(ask: Ask, estate: Estate, owner: Connection) -> None:
    (token,) = [target for target in made(estate) if target.startswith("token")]
    noted(owner, token, detail={"name": "old laptop"})
    assert names(ask) == {token: ("laptop", "old laptop")}
    with tenant_transaction(owner, TENANT) as conn:
        conn.execute("DELETE FROM api_tokens WHERE name = 'laptop'")
    assert names(ask) == {token: (None, "old laptop")}


def test_who_is_removed_is_still_named_by_what_was_done(ask: Ask, owner: Connection) -> None:
    ada = enrolled(owner, "ada@example.com", VIEWER)
    for disabled in (True, False):
        assert ask(f"/members/{ada}", method="PUT", body={"disabled": disabled}).status == 200
    roles = {one["name"]: one["id"] for one in ask("/roles").json()["items"]}
    given = ask(f"/members/{ada}/grants", method="POST", body={"role_id": roles["Analyst"]})
    grant = max(one["id"] for one in given.json()["grants"])
    assert ask(f"/members/{ada}/grants/{grant}", method="DELETE").status == 204
    assert ask(f"/members/{ada}", method="DELETE").status == 204
    items = ask("/audit", "limit=5").json()["items"]
    assert [one["action"] for one in items] == [
        "member.remove", "grant.revoke", "grant.give", "member.enable", "member.disable",
    ]  # fmt: skip
    assert {(one["name"], one["named"]) for one in items} == {(None, "ada@example.com")}


def test_a_page_is_named_by_one_question(ask: Ask, estate: Estate, owner: Connection) -> None:
    (page,) = [cell for cell in CELLS if (cell.method, cell.path) == ("GET", "/audit")]
    targets = list(made(estate))
    noted(owner, *targets[:2])
    ask("/audit")  # a token's first use is noted
    few = questions(ask, page)[1]
    noted(owner, *targets * 3)
    assert questions(ask, page)[1] == few
