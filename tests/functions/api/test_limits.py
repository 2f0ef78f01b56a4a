"""What lies beyond the limits of a grant is not there; of an edge with one end within, the other end has no name."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime

import pytest
from flowlens.access import limits, rights
from flowlens.access.actor import Actor
from flowlens.access.permissions import ALL
from flowlens.model.errors import Forbidden, NotFound
from flowlens.services import assets, attempts, classification, dependencies, descriptions, filtering, sources, topology
from flowlens.services.classification import Wanted as Rule
from flowlens.services.descriptions import Patch
from flowlens.services.seeing import View
from flowlens.store import attempts as refused
from flowlens.store.connection import Connection, connect, tenant_transaction
from psycopg import errors

from tests.functions.api.estate import Estate
from tests.postgres import APP, TENANT, Server

WITHIN, BEYOND, FAR = "10.1.0.5", "10.2.0.9", "10.2.0.10"
BERLIN: dict[str, object] = {"sites": ["Berlin"]}
NETWORK: dict[str, object] = {"networks": ["10.1.0.0/16"]}
TAGGED: dict[str, object] = {"tags": [["tag:zone", "dmz"]], "networks": ["10.0.0.0/8"]}
EACH = pytest.mark.parametrize("limit", [BERLIN, NETWORK, TAGGED], ids=["site", "network", "tag"])


@pytest.fixture
def conn(owner: Connection, postgres: Server, estate: Estate) -> Generator[Connection]:
    """As the application, with an estate of which 10.1.0.0/16 is Berlin and the demilitarised zone."""
    with connect(postgres.secret(APP, owner.info.dbname)) as conn:
        said = {"site": "Berlin", "tag:zone": "dmz"}
        classification.create(conn, everything(), Rule(space=None, network="10.1.0.0/16", attributes=said))
        estate.depends(f"{WITHIN} > {BEYOND}", 5432)
        estate.depends(f"{FAR} > {WITHIN}", 443)
        estate.depends(f"{FAR} > {BEYOND}", 22)
        estate.source("10.1.0.1")
        estate.source("10.2.0.1")
        yield conn


def everything() -> Actor:
    return limited({})


def limited(*kept: dict[str, object]) -> Actor:
    held = rights.of((ALL, limits.read(one)) for one in kept)
    return Actor(TENANT, "ada", held.permissions, rights=held).asking(ALL)


@EACH
def test_an_asset_beyond_is_as_one_that_is_missing(conn: Connection, estate: Estate, limit: dict[str, object]) -> None:
    ada = limited(limit)
    assert [one.address for one in assets.page(conn, ada, limit=10).items] == [WITHIN]
    beyond = estate.asset(BEYOND)
    for ask in (assets.read, descriptions.history):
        with pytest.raises(NotFound, match=f"^asset {beyond}$"):
            ask(conn, ada, beyond)
        with pytest.raises(NotFound, match=r"^asset 999999$"):
            ask(conn, ada, 999999)
    with pytest.raises(NotFound):
        dependencies.page_of_asset(conn, ada, beyond, limit=10)


@EACH
def test_an_edge_is_seen_from_one_end_and_the_other_has_no_name(conn: Connection, limit: dict[str, object]) -> None:
    found = dependencies.page(conn, limited(limit), limit=10).items
    ends = [(one.client.address, one.client.restricted, one.server.address, one.server.asset_id) for one in found]
    assert [(client, hidden, server) for client, hidden, server, _ in ends] == [
        (None, True, WITHIN),
        (WITHIN, False, None),
    ]
    assert ends[1][3] is None


@EACH
def test_what_has_no_end_within_is_missing(conn: Connection, limit: dict[str, object]) -> None:
    every = dependencies.page(conn, everything(), limit=10).items
    beyond = next(one.id for one in every if one.port == 22)
    with pytest.raises(NotFound, match=f"^dependency {beyond}$"):
        dependencies.read(conn, limited(limit), beyond)
    window = dependencies.Window.of(step="hour", start=None, end=None, now=datetime.now(UTC))
    with pytest.raises(NotFound):
        dependencies.volumes(conn, limited(limit), beyond, window)


@pytest.mark.parametrize("group", ["none", "network", "site"])
@EACH
def test_the_map_shows_one_restricted_node(conn: Connection, limit: dict[str, object], group: str) -> None:
    view = View(now=datetime.now(UTC), group=group)
    answer = topology.read(conn, limited(limit), view)
    shown = answer.document()
    nodes = shown["nodes"]
    assert isinstance(nodes, dict)
    assert [kind for kind in nodes["kind"] if kind == "restricted"] == ["restricted"]
    at = nodes["kind"].index("restricted")
    assert (nodes["label"][at], nodes["asset_id"][at]) == ("Restricted", None)
    assert "10.2." not in repr(shown)
    assert answer.shown.totals.dependencies == 2
    assert topology.read(conn, everything(), view).shown.totals.dependencies == 3
    assert answer.change != topology.read(conn, everything(), view).change


@EACH
def test_no_filter_asks_for_what_is_beyond(conn: Connection, limit: dict[str, object]) -> None:
    ada = limited(limit)
    for word in (BEYOND, "10.2.0.0/16"):
        assert dependencies.page(conn, ada, limit=10, q=word).items == []
        assert dependencies.page(conn, ada, limit=10, server=word).items == []
        assert assets.page(conn, ada, limit=10, q=word).items == []


@EACH
def test_attempts_and_exporters_are_limited_too(conn: Connection, estate: Estate, limit: dict[str, object]) -> None:
    query = (
        "INSERT INTO attempts (tenant_id, address_space_id, client, server, protocol, port, first_seen, last_seen,"
        " flows, packets, octets) VALUES (%s, %s, %s, %s, 6, 22, now(), now(), 1, 1, 1)"
    )
    with tenant_transaction(estate.conn, TENANT) as owner:
        for client, server in ((BEYOND, WITHIN), (FAR, BEYOND)):
            owner.execute(query.encode(), (TENANT, estate.default_space(), client, server))
    found = attempts.page(conn, limited(limit), refused.Wanted(), limit=10).items
    assert [(one.client, one.server) for one in found] == [(None, WITHIN)]
    assert attempts.page(conn, limited(limit), refused.Wanted(client=BEYOND), limit=10).items == []
    assert [one.exporter for one in sources.page(conn, limited(limit), limit=10).items] == ["10.1.0.1"]


def test_a_longer_rule_and_what_people_say_of_an_asset_decide(conn: Connection, estate: Estate) -> None:
    ada = limited(BERLIN)
    rule = Rule(space=None, network="10.1.0.0/24", attributes={"site": "Oslo"})
    made = classification.create(conn, everything(), rule)
    assert assets.page(conn, ada, limit=10).items == []
    descriptions.describe(conn, everything(), estate.asset(FAR), None, Patch(attributes={"site": "Berlin"}))
    assert [one.address for one in assets.page(conn, ada, limit=10).items] == [FAR]
    classification.delete(conn, everything(), made.id, made.version)
    assert [one.address for one in assets.page(conn, ada, limit=10).items] == [WITHIN, FAR]


def test_of_several_grants_one_is_enough(conn: Connection) -> None:
    ada = limited(BERLIN, {"networks": [f"{FAR}/32"]})
    assert [one.address for one in assets.page(conn, ada, limit=10).items] == [WITHIN, FAR]


def test_each_permission_that_a_request_needs_must_reach(conn: Connection) -> None:
    held = rights.of(
        [(["assets:read"], limits.read(BERLIN)), (["dependencies:read"], limits.read({"networks": ["10.2.0.0/16"]}))]
    )
    ada = Actor(TENANT, "ada", held.permissions, rights=held)
    assert assets.page(conn, ada.asking(["assets:read", "dependencies:read"]), limit=10).items == []
    assert len(assets.page(conn, ada.asking(["assets:read"]), limit=10).items) == 1


def test_nobody_writes_beyond_their_limits(conn: Connection, estate: Estate) -> None:
    ada = limited(BERLIN)
    with pytest.raises(NotFound):
        descriptions.describe(conn, ada, estate.asset(BEYOND), None, Patch(name="mine"))
    with pytest.raises(Forbidden, match="leave"):
        descriptions.describe(conn, ada, estate.asset(WITHIN), None, Patch(attributes={"site": "Oslo"}))
    assert descriptions.history(conn, ada, estate.asset(WITHIN)) == []
    descriptions.describe(conn, ada, estate.asset(WITHIN), None, Patch(name="mine"))
    with pytest.raises(errors.InsufficientPrivilege):
        classification.create(conn, ada, Rule(space=None, network="10.2.0.0/16", attributes={"site": "Berlin"}))


def test_what_is_said_of_an_asset_beyond_completes_no_query(conn: Connection, estate: Estate) -> None:
    for address, name in ((WITHIN, "here-1"), (BEYOND, "there-1")):
        descriptions.describe(conn, everything(), estate.asset(address), None, Patch(name=name))
    for asker, known in ((limited(BERLIN), {"here-1"}), (everything(), {"here-1", "there-1"})):
        found = filtering.completed(conn, asker, "name=", 5).suggestions
        assert known == {word for word in ("here-1", "there-1") if word in repr(found)}


def test_limits_end_with_their_transaction(conn: Connection) -> None:
    assets.page(conn, limited(BERLIN), limit=10)
    assert len(assets.page(conn, everything(), limit=10).items) == 3
