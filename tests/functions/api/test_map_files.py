"""The whole map as a file: every link and node of a view once, however many parts it takes, with an audit line each."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from flowlens.access.actor import Actor
from flowlens.services import map_files, seeing
from flowlens.services.seeing import Hidden, Seen, View
from flowlens.store.connection import Connection
from flowlens.topology.edges import Assets, Edges

from tests.functions.api.estate import Carried, Estate, now
from tests.functions.api.gateway import Ask, Reply
from tests.functions.api.test_sources import audit
from tests.postgres import TENANT

EXPORT = "/exports/map"
_XML = "{http://graphml.graphdrawing.org/xmlns}"


def parts(ask: Ask, **asked: object) -> list[Reply]:
    found: list[Reply] = []
    cursor: dict[str, object] = {}
    while True:
        reply = ask(EXPORT, {**asked, **cursor})
        assert reply.status == 200, reply.body
        found.append(reply)
        if "x-next-cursor" not in reply.headers:
            return found
        cursor = {"cursor": reply.headers["x-next-cursor"]}


def whole(ask: Ask, **asked: object) -> str:
    return b"".join(reply.body for reply in parts(ask, **asked)).decode()


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_files, "PARTS", dict.fromkeys(map_files.PARTS, 3))


@pytest.fixture
def drawn(estate: Estate) -> list[tuple[str, str]]:
    """Ends of links between hosts, in no order."""
    ends = [(f"10.1.0.{n}", f"10.2.0.{n % 3}") for n in range(1, 9)] + [("10.1.0.1", "8.8.8.8")]
    for at, (client, server) in enumerate(ends, start=1):
        estate.depends(f"{client} > {server}", 443, Carried(octets_sent=at, octets_received=0))
    return ends


def test_who_may_see_the_map_but_not_take_data_away_is_refused(gateway: Ask, estate: Estate) -> None:
    rights = ("topology:read", "dependencies:read", "data:export")
    answers = [gateway.as_(estate.token(*(r for r in rights if r != left)))(EXPORT).status for left in (*rights, "")]
    assert (gateway(EXPORT).status, answers) == (401, [403, 403, 403, 200])


@pytest.mark.usefixtures("small_parts")
def test_every_link_is_in_the_csv_once(ask: Ask, drawn: list[tuple[str, str]]) -> None:
    rows = list(csv.DictReader(io.StringIO(whole(ask, group="none"))))
    assert sorted((row["client"], row["server"]) for row in rows) == sorted(drawn)
    assert sum(int(row["octets"]) for row in rows) == 45
    assert {(row["service"], row["port"], row["protocol"]) for row in rows} == {("https", "443", "6")}


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("group", ["none", "network"])
def test_json_and_graphml_hold_every_link_and_both_their_ends(
    ask: Ask, drawn: list[tuple[str, str]], group: str
) -> None:
    document: dict[str, Any] = json.loads(whole(ask, form="json", group=group))
    nodes = [node["id"] for node in document["nodes"]]
    assert len(set(nodes)) == len(nodes)
    assert {one[end] for one in document["links"] for end in ("source", "target")} == set(nodes)
    assert sum(one["dependencies"] for one in document["links"]) == len(drawn)
    graph = ElementTree.fromstring(whole(ask, form="graphml", group=group))  # noqa: S314 - it is our own
    edges = [(one.get("source"), one.get("target")) for one in graph.iter(f"{_XML}edge")]
    assert edges == [(one["source"], one["target"]) for one in document["links"]]
    assert [one.get("id") for one in graph.iter(f"{_XML}node")] == nodes


def test_an_empty_map_is_a_whole_file(ask: Ask) -> None:
    found = json.loads(whole(ask, form="json"))
    assert (found["links"], found["nodes"]) == ([], [])
    assert list(ElementTree.fromstring(whole(ask, form="graphml")).iter(f"{_XML}node")) == []  # noqa: S314
    assert len(whole(ask).splitlines()) == 1


@pytest.mark.usefixtures("small_parts")
def test_what_comes_while_it_is_exported_repeats_nothing_and_hides_nothing(
    ask: Ask, estate: Estate, drawn: list[tuple[str, str]]
) -> None:
    first = ask(EXPORT, {"group": "none"})
    estate.depends("10.0.0.1 > 10.0.0.2", 443)  # before all others
    rest = b""
    cursor: str | None = first.headers["x-next-cursor"]
    while cursor is not None:
        reply = ask(EXPORT, {"group": "none", "cursor": cursor})
        rest, cursor = rest + reply.body, reply.headers.get("x-next-cursor")
    rows = list(csv.DictReader(io.StringIO((first.body + rest).decode())))
    ends = [(row["client"], row["server"]) for row in rows]
    assert len(ends) == len(set(ends))
    assert set(drawn) <= set(ends)


@pytest.mark.usefixtures("small_parts", "drawn")
def test_a_rule_that_changes_meanwhile_ends_the_export(ask: Ask) -> None:
    asked = {"group": "site", "form": "json"}
    for n in range(1, 5):
        body = {"network": f"10.1.0.{n}/32", "attributes": {"site": f"s{n}"}}
        assert ask("/classification-rules", method="POST", body=body).status == 201
    cursor = ask(EXPORT, asked).headers["x-next-cursor"]
    body = {"network": "10.2.0.0/24", "attributes": {"site": "Berlin"}}
    assert ask("/classification-rules", method="POST", body=body).status == 201
    refused = ask(EXPORT, {**asked, "cursor": cursor})
    assert refused.json()["detail"].endswith("begin again")
    assert refused.status == 409


@pytest.mark.parametrize("cursor", ["AAAA", "WyJ4IiwieSIsMCwiYSIsImIiXQ"])
def test_a_cursor_that_is_none_is_named(ask: Ask, cursor: str) -> None:
    assert "cursor" in ask(EXPORT, {"cursor": cursor}).json()["detail"]


@pytest.mark.usefixtures("small_parts", "drawn")
def test_each_part_leaves_its_audit_line_and_says_how_far_it_is(ask: Ask, estate: Estate) -> None:
    taken = parts(ask, group="none", q="port=443", focus="10.2.0.1", hops=6)
    details = [detail for _, action, _, detail in audit(estate) if action == "map.export"]
    assert len(details) == len(taken) > 1
    assert {detail["focus"] for detail in details} == {"10.2.0.1"}
    done = [int(reply.headers["x-rows-done"]) for reply in taken]
    assert done == sorted(done)
    assert done[-1] == int(taken[0].headers["x-rows-total"]) == sum(detail["rows"] for detail in details)


def test_half_a_million_links_need_no_more_memory_than_a_part(app: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    count, hosts = 500_000, 50_000
    rows = np.arange(count)
    assets = Assets(
        np.arange(1, hosts + 1),
        np.ones(hosts, np.int64),
        np.zeros(hosts, np.uint64),
        (np.arange(hosts) + 0xFFFF_0A00_0000).astype(np.uint64),
    )
    carried, times = np.ones(count, np.int64), np.full(count, np.datetime64("2026-11-23T10:00:00", "us"))
    client, server = rows // 10, (rows // 10 + 1 + rows % 10) % hosts
    edges = Edges(
        rows + 1, client, server, carried, carried * 6, carried * 443, carried, carried, carried, carried, times, times
    )
    monkeypatch.setattr(seeing, "seen", lambda *_: Seen(assets, edges, Hidden(), "", count))
    actor, view, form = Actor(TENANT, "tester", frozenset()), View(now=now(), group="none"), map_files.GRAPHML
    first = map_files.part(app, actor, view, form=form)
    tracemalloc.start()
    second = map_files.part(app, actor, view, form=form, cursor=first.next_cursor)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (second.done, second.total) == (12_000, 550_000)
    assert peak < 300 << 20  # columns of 500,000 links and their order; the file would be as large on its own
    assert len(second.body) < 5 << 20
