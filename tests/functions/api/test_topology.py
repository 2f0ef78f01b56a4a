"""The map, through the API: now, then, over a window; every sum exact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.api.shapes.topology import Topology
from tests.functions.api.estate import NOW, Carried, Estate
from tests.functions.api.gateway import Ask

_HOUR = NOW.replace(minute=0, second=0)


def topology(ask: Ask, **query: object) -> dict[str, Any]:
    """The answer, after it was held against the published shape."""
    reply = ask("/topology", {name.rstrip("_"): value for name, value in query.items()})
    assert reply.status == 200, reply.body
    Topology.model_validate(reply.json(), extra="forbid")
    return dict(reply.json())


def arrows(found: dict[str, Any]) -> dict[str, int]:
    """Octets by edge."""
    ids, edges = found["nodes"]["id"], found["edges"]
    names = [f"{ids[s]} > {ids[t]}" for s, t in zip(edges["source"], edges["target"], strict=True)]
    return dict(zip(names, edges["octets"], strict=True))


def test_an_empty_estate_is_an_empty_map(ask: Ask) -> None:
    found = topology(ask)
    assert (found["nodes"]["id"], found["edges"]["source"], set(found["totals"].values())) == ([], [], {0})


def test_networks_talk_to_networks_and_to_one_internet(ask: Ask, estate: Estate) -> None:
    a, b, outside = (f"{place}@{estate.default_space()}" for place in ("10.1.0.0/24", "10.2.0.0/24", "internet"))
    for n in (1, 2):
        estate.depends(f"10.1.0.{n} > 10.2.0.1", 5432, Carried(octets_sent=n, octets_received=10 * n))
        estate.depends(f"10.1.0.{n} > 8.8.{n}.8", 53, protocol=17)
    found = topology(ask)
    assert arrows(found) == {
        f"{a} > {b}": 33,
        f"{a} > {outside}": 2200,
    }
    assert dict(zip(found["nodes"]["label"], found["nodes"]["assets"], strict=True)) == {
        "10.1.0.0/24": 2,
        "10.2.0.0/24": 1,
        "Internet": 2,
    }
    assert set(found["edges"]["service"]) == {"postgresql", "domain"}


def test_an_edge_of_a_single_dependency_leads_to_its_evidence(ask: Ask, estate: Estate) -> None:
    made = estate.depends("10.1.0.1 > 10.2.0.1", 5432, rung="service")
    edges = topology(ask, group="none")["edges"]
    assert (edges["dependency_id"], edges["evidence"], edges["port"]) == ([made], ["service"], [5432])
    assert ask(f"/dependencies/{made}").json()["evidence"] == "service"


def test_overlapping_address_spaces_stay_apart(ask: Ask, estate: Estate) -> None:
    first, second = estate.default_space(), estate.space("Plant 2")
    estate.depends("10.1.0.1 > 10.2.0.1", carried=Carried(octets_sent=1, octets_received=0))
    estate.depends("10.1.0.1 > 10.2.0.1", carried=Carried(octets_sent=2, octets_received=0), space=second)
    for group in ("network", "none"):
        assert sorted(arrows(topology(ask, group=group)).values()) == [1, 2]
        assert list(arrows(topology(ask, group=group, space=second)).values()) == [2]
    assert set(topology(ask)["nodes"]["address_space_id"]) == {first, second}


def test_the_id_of_a_node_finds_what_is_behind_it(ask: Ask, estate: Estate) -> None:
    second = estate.space("Plant 2")
    for space in (None, second):
        estate.depends("10.1.0.1 > 8.8.8.8", space=space)
        estate.depends("10.1.0.1 > 10.2.0.1", space=space)
    found = topology(ask)
    ids, edges = found["nodes"]["id"], found["edges"]
    for source, target, count in zip(edges["source"], edges["target"], edges["dependencies"], strict=True):
        behind = ask("/dependencies", {"client": ids[source], "server": ids[target]}).json()["items"]
        assert len(behind) == count
    opened = topology(ask, expand=[f"internet@{second}", "10.1.0.0/24"])
    assert f"8.8.8.8@{second}" in opened["nodes"]["id"]
    assert {
        i for i, kind in zip(opened["nodes"]["id"], opened["nodes"]["kind"], strict=True) if kind == "internet"
    } == {f"internet@{estate.default_space()}"}


def test_what_is_left_out_is_counted(ask: Ask, estate: Estate) -> None:
    for n in range(10):
        estate.depends(f"10.0.0.{n} > 10.9.0.9", carried=Carried(octets_sent=n + 1, octets_received=0))
    found = topology(ask, group="none", limit=4)
    assert found["edges"]["octets"] == [10, 9, 8, 7]
    assert found["left_out"] == {"nodes": 6, "edges": 6, "dependencies": 6, "octets": 21, "packets": 18, "flows": 6}
    assert (found["totals"]["octets"], found["totals"]["nodes"]) == (55, 11)


def test_a_dependency_is_on_the_map_from_its_first_flow_until_an_hour_after_its_last(ask: Ask, estate: Estate) -> None:
    first, last = NOW - timedelta(hours=9), NOW - timedelta(hours=5)
    estate.depends("10.0.0.1 > 10.0.0.2", first=first, last=last)
    ends = {first - timedelta(seconds=1): 0, first: 1, last + timedelta(minutes=59): 1, last + timedelta(hours=1): 0}
    for at, count in ends.items():
        assert topology(ask, at=at.isoformat())["totals"]["dependencies"] == count, at
    assert topology(ask)["totals"]["dependencies"] == 0


def test_a_window_has_its_own_volumes_by_minutes(ask: Ask, estate: Estate) -> None:
    made = estate.depends("10.0.0.1 > 10.0.0.2", first=_HOUR - timedelta(hours=4), last=NOW)
    quiet = estate.depends("10.0.0.3 > 10.0.9.2", first=_HOUR - timedelta(hours=4), last=NOW)
    start = _HOUR - timedelta(hours=2)
    for minute in range(-2, 32):
        for source in (1, 2):
            estate.minute(
                made, start + timedelta(minutes=minute), Carried(octets_sent=1, octets_received=0), source=source
            )
    asked = {
        "from_": (start + timedelta(seconds=1)).isoformat(),
        "to": (start + timedelta(minutes=29, seconds=1)).isoformat(),
    }
    found = topology(ask, group="none", **asked)
    totals = found["totals"]  # of two sources that saw the same, one counts
    assert (totals["octets"], totals["flows"], totals["dependencies"]) == (30, 30, 2)
    assert found["edges"]["dependency_id"] == [made, quiet]
    assert [datetime.fromisoformat(found[end]) for end in ("from", "to")] == [start, start + timedelta(minutes=30)]


@pytest.mark.parametrize("folded", [True, False])
def test_a_longer_window_counts_each_flow_once_before_and_after_its_hour_is_folded(
    ask: Ask, estate: Estate, folded: bool
) -> None:
    made = estate.depends("10.0.0.1 > 10.0.0.2", first=_HOUR - timedelta(hours=9), last=NOW)
    hours = [_HOUR - timedelta(hours=n) for n in (8, 7, 6)]
    for hour in hours:
        estate.minute(made, hour + timedelta(minutes=7), Carried(octets_sent=7, octets_received=0))
        estate.minute(made, hour + timedelta(minutes=59), Carried(octets_sent=3, octets_received=0))
        estate.hour(made, hour, Carried(octets_sent=10, octets_received=0))
    # A late record came: the middle hour's roll-up is not what its minutes say, until it is folded again.
    estate.minute(made, hours[1], Carried(octets_sent=100, octets_received=0))
    if folded:
        estate.hour(made, hours[1], Carried(octets_sent=100, octets_received=0), source=2)
    else:
        estate.stale(hours[1])
    window = {"from_": hours[0].isoformat(), "to": (hours[2] + timedelta(hours=1)).isoformat()}
    assert topology(ask, **window)["totals"]["octets"] == 130
    volumes = ask(f"/dependencies/{made}/volumes", {"from": window["from_"], "to": window["to"]}).json()
    assert volumes["octets_sent"] == [10, 110, 10]


def test_a_window_shows_a_dependency_that_carried_something_even_when_its_clock_was_wrong(
    ask: Ask, estate: Estate
) -> None:
    made = estate.depends("10.0.0.1 > 10.0.0.2", first=NOW - timedelta(days=300), last=NOW - timedelta(days=300))
    estate.minute(made, NOW.replace(second=0), Carried())
    assert topology(ask, from_=(NOW - timedelta(minutes=5)).isoformat())["totals"]["octets"] == 1100


@pytest.mark.parametrize(
    "query",
    [
        "at=2026-11-23T10:00:00Z&from=2026-11-23T09:00:00Z",
        "to=2026-11-23T10:00:00Z",
        "from=2026-11-23T10:00:00Z&to=2026-11-23T10:00:00Z",
        "from=2026-11-23T11:00:00Z&to=2026-11-23T10:00:00Z",
        "from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z",
        "at=yesterday",
        "at=2026-11-23T10:00:00",
        "group=rack",
        "limit=0",
        "limit=25001",
        "expand=nowhere",
        "&".join(f"expand=10.{n}.0.0/16" for n in range(51)),
        "space=0",
    ],
)
def test_a_view_that_makes_no_sense_is_told_so(ask: Ask, query: str) -> None:
    reply = ask("/topology", query)
    assert (reply.status, reply.json()["type"]) == (422, "/problems/invalid")


def test_numbers_beyond_what_a_column_holds_stop_at_the_largest(ask: Ask, estate: Estate) -> None:
    huge = Carried(octets_sent=2**62, octets_received=2**62 - 1, packets_sent=0, packets_received=0, flows=1)
    for port in (1, 2, 3):
        made = estate.depends("10.0.0.1 > 10.0.0.2", port, carried=huge)
        for _ in range(3):
            estate.minute(made, NOW.replace(second=0), huge)
    assert topology(ask)["totals"]["octets"] == 2**63 - 1
    assert topology(ask, from_=(NOW - timedelta(minutes=5)).isoformat())["totals"]["octets"] == 2**63 - 1


def test_the_answer_says_when_it_was_read(ask: Ask) -> None:
    now = datetime.fromisoformat(topology(ask)["as_of"])
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)


def test_more_than_fifty_applications_are_fifty_boxes_of_which_one_opens_into_the_rest(
    ask: Ask, estate: Estate
) -> None:
    for n in range(60):
        body = {"network": f"10.1.{n}.0/24", "attributes": {"application": f"app-{n:02}"}}
        assert ask("/classification-rules", method="POST", body=body).status == 201
        for host in range(1, 2 + (n < 49)):
            estate.depends(f"10.1.{n}.{host} > 10.1.{(n + 1) % 60}.1", 443)
    fold = f"application*=more@{estate.default_space()}"
    found = topology(ask, group="application")
    nodes = found["nodes"]
    at = nodes["id"].index(fold)
    assert (len(nodes["id"]), nodes["label"][at], nodes["folded"][at], nodes["assets"][at]) == (50, "11 more", 11, 11)
    assert sum(nodes["folded"]) == 11
    assert found["left_out"] == dict.fromkeys(found["left_out"], 0)
    assert sum(found["edges"]["dependencies"]) == found["totals"]["dependencies"] == 109
    listed = {one["address"] for one in ask("/assets", {"within": fold, "limit": 100}).json()["items"]}
    assert listed == {f"10.1.{n}.1" for n in range(49, 60)}
    assert len(topology(ask, group="application", expand=fold)["nodes"]["id"]) == 60
    around = topology(ask, group="application", focus=fold, way="up")
    assert sum(around["edges"]["dependencies"]) == 11
    served = ask("/dependencies", {"server": fold, "limit": 100}).json()["items"]
    assert len(served) == 12
