"""Dependencies, assets and search: found by what people know, believed for a reason."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from functions.api.shapes.dependencies import DependencyDetail
from tests.functions.api.estate import NOW, Carried, Estate
from tests.functions.api.gateway import Ask

_HOUR = NOW.replace(minute=0, second=0)


@pytest.fixture
def known(estate: Estate) -> dict[str, int]:
    """A handful of dependencies by name."""
    return {
        "db": estate.depends("10.1.0.1 > 10.2.0.1", 5432),
        "web": estate.depends("10.3.0.7 > 10.1.0.1", 443),
        "dns": estate.depends("10.1.0.1 > 8.8.8.8", 53, protocol=17),
        "v6": estate.depends("2001:db8::7 > 2001:db8:1::1", 443),
        "in": estate.depends("93.184.216.34 > 10.3.0.7", 443),
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("client=10.1.0.1", "db dns"),
        ("client=10.0.0.0/8", "db web dns"),
        ("server=internet", "dns"),
        ("client=internet", "in"),
        ("client=internet&server=internet", ""),
        ("server=2001:db8:1::/48", "v6"),
        ("port=443", "web v6 in"),
        ("protocol=17", "dns"),
        ("port=443&protocol=17", ""),
        ("q=postgres", "db"),
        ("q=https", "web v6 in"),
        ("q=5432", "db"),
        ("q=10.3.", "web in"),
        ("q=10.3.0.0/16", "web in"),
        ("q=2001:db8", "v6"),
        ("q=%25", ""),
        ("q=_", ""),
        ("client=10.1.0.1@2147483647", ""),
    ],
)
def test_a_dependency_is_found_by_what_people_know_of_it(
    ask: Ask, known: dict[str, int], query: str, expected: str
) -> None:
    found = {item["id"] for item in ask("/dependencies", query).json()["items"]}
    assert found == {known[name] for name in expected.split()}


def test_the_newest_dependency_comes_first(ask: Ask, known: dict[str, int]) -> None:
    assert [i["id"] for i in ask("/dependencies").json()["items"]] == sorted(known.values(), reverse=True)


def test_an_asset_knows_what_lies_upstream_and_downstream(ask: Ask, estate: Estate, known: dict[str, int]) -> None:
    estate.depends("10.1.0.1 > 10.2.0.1", 22)
    asset = estate.asset("10.1.0.1")
    found = ask(f"/assets/{asset}").json()
    assert (found["upstream"], found["downstream"]) == (
        {"assets": 2, "dependencies": 3},
        {"assets": 1, "dependencies": 1},
    )
    ways = {
        way: {i["id"] for i in ask(f"/assets/{asset}/dependencies", {"direction": way}).json()["items"]}
        for way in ("upstream", "downstream", "both")
    }
    assert ways["downstream"] == {known["web"]}
    assert len(ways["upstream"]) == 3
    assert ways["both"] == ways["upstream"] | ways["downstream"]


def test_search_finds_assets_and_dependencies(ask: Ask, known: dict[str, int]) -> None:
    found = ask("/search", {"q": "10.1.0.1"}).json()
    assert [asset["address"] for asset in found["assets"]] == ["10.1.0.1"]
    assert {d["id"] for d in found["dependencies"]} == {known["db"], known["web"], known["dns"]}
    assert ask("/search", {"q": "nothing like it"}).json() == {"assets": [], "dependencies": []}


def test_search_answers_at_most_twenty(ask: Ask, estate: Estate) -> None:
    for n in range(15):
        estate.depends(f"10.0.0.{n} > 10.0.1.{n}")
    found = ask("/search", {"q": "10.0"}).json()
    assert (len(found["assets"]), len(found["dependencies"])) == (10, 10)


def test_assets_of_one_space_or_network_only(ask: Ask, estate: Estate) -> None:
    other = estate.space("Plant 2")
    for space in (None, other):
        estate.asset("10.0.0.1", space)
        estate.asset("10.9.0.1", space)
    assert len(ask("/assets", {"q": "10.9.0.0/16"}).json()["items"]) == 2
    assert [a["address_space_id"] for a in ask("/assets", {"q": "10.9", "space": other}).json()["items"]] == [other]


def test_a_dependency_says_why_it_is_believed(ask: Ask, estate: Estate) -> None:
    source = estate.source("192.0.2.1")
    carried = Carried(flows=7, octets_sent=10, octets_received=20)
    made = estate.depends("10.1.0.1 > 10.2.0.1", 5432, carried, rung="service")
    estate.hour(made, _HOUR - timedelta(hours=3), carried, source=source)
    estate.minute(made, _HOUR - timedelta(hours=1), carried, source=source)
    estate.stale(_HOUR - timedelta(hours=1))
    estate.hour(made, _HOUR - timedelta(hours=2), carried, source=source + 1)
    reply = ask(f"/dependencies/{made}").json()
    DependencyDetail.model_validate(
        {**reply, "during": [{"from_": span["from"], "to": span["to"]} for span in reply["during"]]}, extra="forbid"
    )
    assert reply["evidence"] == "service"
    assert reply["evidence_counts"] == {"initiator": 0, "flags": 0, "service": 7, "port_order": 0}
    assert reply["first_evidence"]["exporter"] == "192.0.2.1"
    assert (reply["octets_seen"], reply["service"], len(reply["during"])) == (30, "postgresql", 1)
    assert [(s["exporter"], s["flows"]) for s in reply["sources"]] == [("192.0.2.1", 14), (None, 7)]


def test_volumes_by_the_minute_have_a_row_for_each(ask: Ask, estate: Estate) -> None:
    made = estate.depends("10.1.0.1 > 10.2.0.1")
    start = NOW.replace(second=0) - timedelta(minutes=10)
    for minute in (0, 0, 3):
        estate.minute(made, start + timedelta(minutes=minute), Carried(octets_sent=5, flows=2))
    window = {"from": start.isoformat(), "to": (start + timedelta(minutes=5)).isoformat(), "step": "minute"}
    found = ask(f"/dependencies/{made}/volumes", window).json()
    assert (found["octets_sent"], found["flows"]) == ([10, 0, 0, 5, 0], [4, 0, 0, 2, 0])
    assert [datetime.fromisoformat(t) for t in found["t"]] == [start + timedelta(minutes=n) for n in range(5)]


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-11-23T10:00:00Z&to=2026-11-23T09:00:00Z",
        "step=minute&from=2020-01-01T00:00:00Z&to=2020-01-01T01:00:00Z",
        "from=2020-01-01T00:00:00Z",
        "step=second",
        "to=2026-11-23",
    ],
)
def test_a_window_that_cannot_be_answered_says_what_can(ask: Ask, estate: Estate, query: str) -> None:
    reply = ask(f"/dependencies/{estate.depends('10.1.0.1 > 10.2.0.1')}/volumes", query)
    assert (reply.status, reply.json()["type"]) == (422, "/problems/invalid")
